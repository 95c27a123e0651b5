import type { Config } from '@ganglion/config';
import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { addressKey } from '../../rate-limits/rate-limits.service.js';
import { AvailabilityQueue } from '../../rate-limits/availability-queue.service.js';
import { UserNames } from '../user-names.service.js';

/** `GET /register/available`: may this name be registered? (auth.md §6.3) */
@Controller()
export class UsernameAvailableController {
  constructor(
    private readonly names: UserNames,
    private readonly queue: AvailabilityQueue,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnRoute(routes.registerAvailable)
  async available({ query, clientIp }: RouteRequest): Promise<RouteReply> {
    const { enable_registration: open, inhibit_user_in_use_error: inhibit } = this.config.auth;
    if (!open) throw refuse('REGISTRATION_DISABLED');
    const username = query['username']?.[0];
    if (username === undefined) throw refuse('MISSING_PARAM', {}, 'Missing parameter: username');
    if (inhibit) return { body: { available: true } };
    return this.queue.run(addressKey(clientIp), async () => {
      await this.names.checkNotTaken(this.names.checkForPerson(username.toLowerCase()));
      return { body: { available: true } };
    });
  }
}
