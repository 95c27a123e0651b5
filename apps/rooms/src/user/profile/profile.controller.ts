import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { requireUserId } from '@ganglion/matrix';
import { OnRoute } from '@ganglion/service';
import { Controller } from '@nestjs/common';
import { refuse } from '../../core/refusals.js';
import { Profiles } from './profiles.queries.js';

/** Anybody may ask for anybody's profile. */
@Controller()
export class ProfileController {
  constructor(private readonly profiles: Profiles) {}

  @OnRoute(routes.profile)
  async read({ params }: RouteRequest): Promise<RouteReply> {
    const profile = await this.profiles.find(requireUserId(params['userId']));
    if (!profile) throw refuse('PROFILE_UNKNOWN');
    return { body: profile };
  }
}
