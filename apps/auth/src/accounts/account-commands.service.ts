import type { AuthEvent } from '@ganglion/contracts';
import { FenceHolder } from '@ganglion/fence';
import type { Command, CommandMeta, UserId } from '@ganglion/kernel';
import { Injectable } from '@nestjs/common';
import type { Account } from './account.js';
import { Accounts } from './accounts.repository.js';

/** Decides about one account and makes the decision good: in the log, its name claimed, its revocations in force. */
@Injectable()
export class AccountCommands {
  constructor(
    private readonly accounts: Accounts,
    private readonly fence: FenceHolder,
  ) {}

  state(userId: UserId): Promise<Account> {
    return this.accounts.state(userId);
  }

  /**
   * An account that comes into being claims its name in the same commit. A token that is revoked is refused everywhere when
   * this returns; where nothing was decided somebody else may have revoked it just now, so that is waited for as well.
   * @throws what `decide` throws; USER_IN_USE
   */
  async run<C extends Command>(
    userId: UserId,
    command: C,
    decide: (account: Account, command: C) => AuthEvent[],
  ): Promise<void> {
    const { meta } = command;
    const { events, pos } = await this.accounts.handle(
      userId,
      (account) => decide(account, command),
      meta,
      (decided) => this.claimFor(userId, decided, meta),
    );
    if (events.length === 0 || events.some(({ type }) => type === 'token.revoked')) await this.fence.barrier(pos);
  }

  private async claimFor(userId: UserId, decided: AuthEvent[], meta: CommandMeta) {
    return decided.some(({ type }) => type === 'account.registered') ? this.accounts.claim(userId, meta) : [];
  }
}
