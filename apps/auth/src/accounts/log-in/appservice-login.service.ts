import type { Config } from '@ganglion/config';
import type { RouteReply, RouteRequest } from '@ganglion/contracts';
import { controls } from '@ganglion/requester';
import { CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { addressKey, RateLimits } from '../../rate-limits/rate-limits.service.js';
import { AppserviceCaller } from '../appservice-caller.service.js';
import { localUserIdFrom } from '../user-name.js';
import { FinishLogin } from './finish-login.service.js';
import { appserviceIdentifier } from './identifier.js';

type Body = Record<string, unknown>;

/** `m.login.application_service`: an application service opens a session for a user of its namespace. */
@Injectable()
export class AppserviceLogin {
  constructor(
    private readonly caller: AppserviceCaller,
    private readonly limits: RateLimits,
    private readonly login: FinishLogin,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws MISSING_TOKEN, UNKNOWN_TOKEN, APPSERVICE_LOGIN_UNSUPPORTED, LIMIT_EXCEEDED, INVALID_PARAM, OUTSIDE_NAMESPACE */
  async logIn(request: RouteRequest<Body>): Promise<RouteReply> {
    const registration = this.caller.of(request);
    const { asId, sender, rateLimited, deviceManaged } = registration;
    if (deviceManaged) throw refuse('APPSERVICE_LOGIN_UNSUPPORTED');
    if (rateLimited) await this.limits.take('login_address', addressKey(request.clientIp));
    const userId = localUserIdFrom(appserviceIdentifier(request.body), this.config.server.server_name);
    if (userId === null || !controls(registration, userId)) throw refuse('OUTSIDE_NAMESPACE');
    const proof = { kind: 'appservice' as const, asId, sender: userId === sender };
    return this.login.finish(userId, proof, request.body, { limited: rateLimited });
  }
}
