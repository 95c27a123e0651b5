import type { RouteReply } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { Commands } from '@ganglion/service';
import { Injectable } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { RateLimits } from '../../rate-limits/rate-limits.service.js';
import { ModerationMember } from '../../replica/moderation-member.service.js';
import { NewSessions } from '../../sessions/new-sessions.service.js';
import { sessionInput } from '../../sessions/session-input.js';
import { AccountCommands } from '../account-commands.service.js';
import { localpartOf } from '../user-name.js';
import { checkMayLogIn, decide, type LoginProof } from './log-in.js';

/** What every login comes down to once something has been proven: "Completion" of auth.md §6.1. */
@Injectable()
export class FinishLogin {
  constructor(
    private readonly accounts: AccountCommands,
    private readonly sessions: NewSessions,
    private readonly limits: RateLimits,
    private readonly moderation: ModerationMember,
    private readonly commands: Commands,
  ) {}

  /**
   * @param options.limited  false: an application service that no limit applies to
   * @throws LIMIT_EXCEEDED, NOT_REGISTERED, USER_DEACTIVATED, USER_LOCKED, BAD_CREDENTIALS, INVALID_PARAM,
   *         DISPLAY_NAME_TOO_LONG, RESTRICTIONS_UNKNOWN
   */
  async finish(
    userId: UserId,
    proof: LoginProof,
    body: Record<string, unknown>,
    options: { limited: boolean } = { limited: true },
  ): Promise<RouteReply> {
    this.accounts.mustOwn(userId);
    if (options.limited) await this.limits.take('login_account', userId.toLowerCase());
    await this.moderation.mustBeCurrent();
    const account = await this.accounts.state(userId);
    checkMayLogIn(account, proof);
    this.demandNotLocked(userId);
    const minted = this.sessions.mint(account, sessionInput(body));
    const data = { userId, proof, session: minted.session, displayName: localpartOf(userId) };
    await this.accounts.run(userId, this.commands.make('LogIn', userId, data), (current, command) => {
      this.demandNotLocked(userId);
      return decide(current, command);
    });
    return { body: this.sessions.loginReply(userId, minted) };
  }

  private demandNotLocked(userId: UserId): void {
    if (this.moderation.isLocked(userId)) throw refuse('USER_LOCKED', { soft_logout: true });
  }
}
