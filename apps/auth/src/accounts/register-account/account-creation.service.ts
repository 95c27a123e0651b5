import type { RouteReply } from '@ganglion/contracts';
import { counter, type Counter, type Registry } from '@ganglion/observability';
import { Commands, REGISTRY } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { NewSessions } from '../../sessions/new-sessions.service.js';
import type { SessionInput } from '../../sessions/session-input.js';
import { AccountCommands } from '../account-commands.service.js';
import { initial } from '../account.js';
import { decide, type NewAccount } from './register-account.js';

const PLAIN = { guest: 'false', shadow_banned: 'false', auth_provider: '' };

/** Makes accounts, whoever asked for them and however they were allowed to. */
@Injectable()
export class AccountCreation {
  private readonly registrations: Counter;

  constructor(
    private readonly accounts: AccountCommands,
    private readonly sessions: NewSessions,
    private readonly commands: Commands,
    @Inject(REGISTRY) registry: Registry,
  ) {
    const name = 'synapse_user_registrations_total';
    this.registrations = counter(registry, name, 'Accounts made', Object.keys(PLAIN));
    this.registrations.inc(PLAIN, 0);
  }

  /**
   * The account and its first session in one commit.
   * @param wanted  null: no session
   * @param actor   absent: the new user itself
   * @throws USER_IN_USE
   */
  async create(newAccount: NewAccount, wanted: SessionInput | null, actor?: string): Promise<RouteReply> {
    const { userId } = newAccount;
    const minted = wanted && this.sessions.mint(initial(), wanted);
    const data = { ...newAccount, session: minted?.session ?? null };
    await this.accounts.run(userId, this.commands.make('RegisterAccount', actor ?? userId, data), decide);
    this.registrations.inc(PLAIN);
    return { body: this.sessions.reply(userId, minted) };
  }
}
