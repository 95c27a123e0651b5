import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { Refusal } from '@ganglion/kernel';
import { RemoteError } from '@ganglion/messaging';
import { counter, type Counter, type Registry } from '@ganglion/observability';
import { OnRoute, REGISTRY } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { checkRefreshFlag } from '../../sessions/session-input.js';
import { AppserviceLogin } from './appservice-login.service.js';
import { PasswordLogin } from './password-login.service.js';

type Body = Record<string, unknown>;
const PLAIN = { guest: 'false', auth_provider: '' };

interface LoginType {
  logIn(request: RouteRequest<Body>): Promise<RouteReply>;
}

/** `POST /login`: which kind of proof it brings decides who looks at it (auth.md §6.1). */
@Controller()
export class LogInController {
  private readonly types: Map<unknown, LoginType>;
  private readonly logins: Counter;
  private readonly sessions: Counter;

  constructor(password: PasswordLogin, appservice: AppserviceLogin, @Inject(REGISTRY) registry: Registry) {
    this.types = new Map<unknown, LoginType>([
      ['m.login.password', password],
      ['m.login.application_service', appservice],
    ]);
    this.sessions = counter(registry, 'synapse_user_logins_total', 'Sessions opened by logging in', Object.keys(PLAIN));
    this.sessions.inc(PLAIN, 0);
    this.logins = counter(registry, 'ganglion_auth_logins_total', 'Logins', ['type', 'outcome']);
    for (const type of [...this.types.keys(), 'other'] as string[]) {
      for (const outcome of ['ok', 'refused', 'failed']) this.logins.inc({ type, outcome }, 0);
    }
  }

  @OnRoute(routes.login)
  async logIn(request: RouteRequest<Body>): Promise<RouteReply> {
    const type = request.body['type'];
    const known = this.types.has(type) ? (type as string) : 'other';
    try {
      const login = this.typeOf(type);
      checkRefreshFlag(request.body);
      const reply = await login.logIn(request);
      this.logins.inc({ type: known, outcome: 'ok' });
      this.sessions.inc(PLAIN);
      return reply;
    } catch (error) {
      const meant = error instanceof Refusal || error instanceof RemoteError;
      this.logins.inc({ type: known, outcome: meant ? 'refused' : 'failed' });
      throw error;
    }
  }

  /** @throws MISSING_PARAM, INVALID_PARAM, UNKNOWN */
  private typeOf(type: unknown): LoginType {
    if (type === undefined) throw refuse('MISSING_PARAM', {}, 'Missing parameter: type');
    if (typeof type !== 'string') throw refuse('INVALID_PARAM', {}, 'type must be text');
    const found = this.types.get(type);
    if (!found) throw refuse('UNKNOWN', {}, 'Unknown login type');
    return found;
  }
}
