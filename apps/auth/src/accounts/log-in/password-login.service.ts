import type { Config } from '@ganglion/config';
import type { RouteReply, RouteRequest } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { Passwords } from '../../passwords/passwords.service.js';
import { addressKey, RateLimits } from '../../rate-limits/rate-limits.service.js';
import { Accounts } from '../accounts.repository.js';
import { localUserIdFrom, userIdOf } from '../user-name.js';
import { FinishLogin } from './finish-login.service.js';
import { loginIdentifier, type LoginIdentifier } from './identifier.js';

type Body = Record<string, unknown>;
/** Whom a password was right for. */
interface Verified {
  userId: UserId;
  credentialId: string;
}

/** `m.login.password`, in the order of auth.md §6.1. Reads the account, its credential; one hash per attempt. */
@Injectable()
export class PasswordLogin {
  constructor(
    private readonly accounts: Accounts,
    private readonly passwords: Passwords,
    private readonly limits: RateLimits,
    private readonly login: FinishLogin,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws LIMIT_EXCEEDED, PASSWORD_LOGIN_DISABLED, INVALID_PARAM, MISSING_PARAM, UNKNOWN, BAD_CREDENTIALS, HASHING_BUSY */
  async logIn({ body, clientIp }: RouteRequest<Body>): Promise<RouteReply> {
    await this.limits.take('login_address', addressKey(clientIp));
    if (!this.passwords.openSessions) throw refuse('PASSWORD_LOGIN_DISABLED');
    const { password } = body;
    if (typeof password !== 'string') throw refuse('INVALID_PARAM', {}, 'Bad parameter: password');
    const { userId, credentialId } = await this.verify(loginIdentifier(body), password);
    return this.login.finish(userId, { kind: 'password', credentialId }, body);
  }

  /**
   * Counted as a failure until it turns out right, so that guesses made at the same time are limited as well.
   * @throws LIMIT_EXCEEDED, BAD_CREDENTIALS, HASHING_BUSY
   */
  private async verify(identifier: LoginIdentifier, password: string): Promise<Verified> {
    const userId = identifier.kind === 'user' ? await this.existing(identifier.user) : null;
    if (userId !== null) this.accounts.mustOwn(userId);
    const key = this.failureKey(identifier);
    await this.limits.take('login_failed_attempts', key);
    let counts = false;
    try {
      const verified = await this.rightFor(userId, password);
      counts = verified === null;
      if (!verified) throw refuse('BAD_CREDENTIALS');
      return verified;
    } finally {
      if (!counts) this.limits.giveBack('login_failed_attempts', key);
    }
  }

  /** Null in the same time whether there is no such user, no password, or another one. No third-party id is known here. */
  private async rightFor(userId: UserId | null, password: string): Promise<Verified | null> {
    const credentialId = userId === null ? null : (await this.accounts.state(userId)).credentialId;
    const right = await this.passwords.isRight(credentialId, password);
    return right && userId !== null && credentialId !== null ? { userId, credentialId } : null;
  }

  /** The account of that id; without one, of an id that differs in case only. */
  private async existing(user: string): Promise<UserId | null> {
    const userId = localUserIdFrom(user, this.config.server.server_name);
    if (userId === null) return null;
    const exact = await this.accounts.state(userId);
    return exact.status === 'none' ? this.accounts.spellingOf(userId) : userId;
  }

  private failureKey(identifier: LoginIdentifier): string {
    if (identifier.kind === 'threepid') return JSON.stringify([identifier.medium, identifier.address]);
    const { user } = identifier;
    return (user.startsWith('@') ? user : userIdOf(user, this.config.server.server_name)).toLowerCase();
  }
}
