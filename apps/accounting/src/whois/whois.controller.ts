import type { Config } from '@ganglion/config';
import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { callerOf, CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { refuse } from '../accounting.errors.js';
import { Sightings } from '../sightings/sightings.service.js';
import { whois } from './whois.js';

/** Recent addresses of a user, for the user or a server admin. Nobody else learns even whether the account exists. */
@Controller()
export class WhoisController {
  constructor(
    private readonly sightings: Sightings,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnRoute(routes.whois)
  async whois(request: RouteRequest): Promise<RouteReply> {
    const requester = callerOf(request);
    const userId = request.params['userId'] ?? '';
    if (requester.userId !== userId && !requester.isAdmin) throw refuse('NOT_ADMIN');
    if (!/^@[^:\0]+:/.test(userId) || !userId.endsWith(`:${this.config.server.server_name}`)) throw refuse('NOT_LOCAL');
    return { body: whois(userId, await this.sightings.addressesOf(userId)) };
  }
}
