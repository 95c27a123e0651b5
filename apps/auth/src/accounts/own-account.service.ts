import type { AuthEvent, Requester } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import { AppservicesReplica } from '@ganglion/service';
import { Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';
import { ModerationMember } from '../replica/moderation-member.service.js';
import { AccountCommands } from './account-commands.service.js';
import type { Account } from './account.js';
import { checkStillIn } from './still-in.js';

/**
 * What somebody decides about the account they act as. The gateway has let them in; whether they may still be is looked at
 * again at the moment of deciding, so that nothing happens for a session that was revoked or an account that was locked while
 * the request was on its way.
 */
@Injectable()
export class OwnAccount {
  constructor(
    private readonly accounts: AccountCommands,
    private readonly registrations: AppservicesReplica,
    private readonly moderation: ModerationMember,
  ) {}

  /** @throws Fenced when another process owns it: nothing has happened yet */
  of({ userId }: Requester): Promise<Account> {
    this.accounts.mustOwn(userId as UserId);
    return this.accounts.state(userId as UserId);
  }

  /**
   * Where nothing is decided nobody has to be allowed it: a request that is repeated may have ended its own session before.
   * @returns what was decided
   * @throws RESTRICTIONS_UNKNOWN, USER_LOCKED, UNKNOWN_TOKEN, USER_DEACTIVATED, NOT_REGISTERED; what `decide` throws
   */
  async run<C extends Command>(
    requester: Requester,
    command: C,
    decide: (account: Account, command: C) => AuthEvent[],
  ): Promise<AuthEvent[]> {
    await this.moderation.mustBeCurrent();
    return this.accounts.run(requester.userId as UserId, command, (account, asked) => {
      const decided = decide(account, asked);
      if (decided.length === 0) return decided;
      this.demandNotLocked(requester);
      checkStillIn(account, requester);
      return decided;
    });
  }

  /** As when a requester is resolved: the sender of an application service is not bound by locks. */
  private demandNotLocked({ userId, authenticatedEntity, appServiceId }: Requester): void {
    if (appServiceId !== null && this.registrations.get(appServiceId)?.sender === userId) return;
    const locked = this.moderation.isLocked(userId) || this.moderation.isLocked(authenticatedEntity);
    if (locked) throw refuse('USER_LOCKED', { soft_logout: true });
  }
}
