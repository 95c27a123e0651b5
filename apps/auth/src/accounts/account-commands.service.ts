import type { AuthEvent, StoredEvent } from '@ganglion/contracts';
import { Fence } from '@ganglion/fence';
import type { Command, CommandMeta, UserId } from '@ganglion/kernel';
import { Injectable } from '@nestjs/common';
import type { Account } from './account.js';
import { Accounts } from './accounts.repository.js';

/** Decisions that others, who serve from replicas, have to know of before they are answered. */
const REVOKES: ReadonlySet<string> = new Set<AuthEvent['type']>([
  'token.revoked',
  'device.deleted',
  'account.deactivated',
]);

/** Decides about one account and makes the decision good: in the log, its name claimed, its revocations in force. */
@Injectable()
export class AccountCommands {
  constructor(
    private readonly accounts: Accounts,
    private readonly fence: Fence,
  ) {}

  state(userId: UserId): Promise<Account> {
    return this.accounts.state(userId);
  }

  /** To be asked before anything that must not happen twice. @throws Fenced: the request goes on where the account is owned */
  mustOwn(userId: UserId): void {
    this.accounts.mustOwn(userId);
  }

  /**
   * An account that comes into being claims its name in the same commit. What is revoked is refused everywhere when this
   * returns; where nothing was changed somebody else may have revoked it just now, so that is waited for as well.
   * @returns what was decided
   * @throws what `decide` throws; USER_IN_USE
   */
  async run<C extends Command>(
    userId: UserId,
    command: C,
    decide: (account: Account, command: C) => AuthEvent[],
  ): Promise<AuthEvent[]> {
    const { meta } = command;
    const { events, pos } = await this.accounts.handle(
      userId,
      (account) => decide(account, command),
      meta,
      (decided) => this.claimFor(userId, decided, meta),
    );
    const changed = events.some(({ type }) => type !== 'token.validated');
    if (!changed || events.some(({ type }) => REVOKES.has(type))) await this.fence.barrier(pos);
    return events as StoredEvent<AuthEvent>[];
  }

  private async claimFor(userId: UserId, decided: AuthEvent[], meta: CommandMeta) {
    return decided.some(({ type }) => type === 'account.registered') ? this.accounts.claim(userId, meta) : [];
  }
}
