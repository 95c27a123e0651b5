import type { Config } from '@ganglion/config';
import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { AppservicesReplica, CONFIG, OnRoute } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { addressKey, RateLimits } from '../../rate-limits/rate-limits.service.js';
import { checkRefreshFlag } from '../../sessions/session-input.js';
import { AppserviceRegistration } from './appservice-registration.service.js';
import { PersonRegistration } from './person-registration.service.js';
import { APPSERVICE_TYPE, checkKind, usernameOf, type Body } from './registration-input.js';

/** `POST /register`: steps 1–6 of auth.md §6.2; the rest depends on who registers. */
@Controller()
export class RegisterAccountController {
  constructor(
    private readonly persons: PersonRegistration,
    private readonly appservices: AppserviceRegistration,
    private readonly registrations: AppservicesReplica,
    private readonly limits: RateLimits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @OnRoute(routes.register)
  async register(request: RouteRequest<Body | null>): Promise<RouteReply> {
    if (!this.unlimited(request)) await this.limits.check('registration', addressKey(request.clientIp));
    checkKind(request.query['kind']?.[0]);
    const body = request.body ?? {};
    checkRefreshFlag(body);
    usernameOf(body);
    if (body['type'] === APPSERVICE_TYPE) return this.appservices.register(request, body);
    if (request.requester || request.tokenProblem) {
      throw refuse('UNKNOWN', {}, `A token is only of use with type ${APPSERVICE_TYPE}`);
    }
    if (!this.config.auth.enable_registration) throw refuse('REGISTRATION_DISABLED');
    return this.persons.register(request, body);
  }

  /** Application services that are not rate limited are never (auth.md §10). */
  private unlimited({ requester }: RouteRequest<Body | null>): boolean {
    const asId = requester?.appServiceId;
    return asId !== undefined && asId !== null && this.registrations.get(asId)?.rateLimited === false;
  }
}
