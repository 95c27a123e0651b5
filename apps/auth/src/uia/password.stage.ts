import type { Config } from '@ganglion/config';
import { CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { loginIdentifier } from '../accounts/log-in/identifier.js';
import { localUserIdFrom } from '../accounts/user-name.js';
import { refuse } from '../auth.errors.js';
import { Passwords } from '../passwords/passwords.service.js';
import { RateLimits } from '../rate-limits/rate-limits.service.js';
import type { UiaClaimant, UiaStage } from './uia.js';

type Auth = Record<string, unknown>;

/** `m.login.password` (auth.md §7.2): the password of whose session it is. One hash per attempt. */
@Injectable()
export class PasswordStage implements UiaStage {
  readonly type = 'm.login.password';

  constructor(
    private readonly passwords: Passwords,
    private readonly limits: RateLimits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws MISSING_PARAM, INVALID_PARAM, UNKNOWN, BAD_CREDENTIALS, UIA_OTHER_USER, LIMIT_EXCEEDED, HASHING_BUSY */
  async check(auth: Auth, claimant: UiaClaimant | null): Promise<unknown> {
    if (!claimant) throw refuse('UIA_STAGE_UNKNOWN');
    const { password } = auth;
    if (password === undefined) throw refuse('MISSING_PARAM', {}, 'Missing parameter: password');
    if (typeof password !== 'string') throw refuse('INVALID_PARAM', {}, 'Bad parameter: password');
    this.demandNamed(auth, claimant);
    await this.demandRight(claimant, password);
    return claimant.userId;
  }

  /**
   * The password of somebody else is not even looked at: being right it would confirm nothing here, and to say whether it is
   * would let people guess at it past the limits of that account.
   */
  private demandNamed(auth: Auth, { userId }: UiaClaimant): void {
    const identifier = loginIdentifier(auth);
    const named = identifier.kind === 'user' ? localUserIdFrom(identifier.user, this.config.server.server_name) : null;
    if (named === null) throw refuse('BAD_CREDENTIALS');
    // Of ids that differ in case only there is one account.
    if (named.toLowerCase() !== userId.toLowerCase()) throw refuse('UIA_OTHER_USER');
  }

  /** Counted as a failure until it turns out right, so that guesses made at the same time are limited as well. */
  private async demandRight({ userId, credentialId }: UiaClaimant, password: string): Promise<void> {
    const key = userId.toLowerCase();
    await this.limits.take('uia_failed_attempts', key);
    let counts = false;
    try {
      const right = await this.passwords.isRight(credentialId, password);
      counts = !right;
      if (!right) throw refuse('BAD_CREDENTIALS');
    } finally {
      if (!counts) this.limits.giveBack('uia_failed_attempts', key);
    }
  }
}
