import type { RouteReply } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';
import { Injectable } from '@nestjs/common';
import { NewSessions } from '../../sessions/new-sessions.service.js';
import type { UiaSession } from '../../uia/uia.js';
import { AccountCommands } from '../account-commands.service.js';
import { FinishLogin } from '../log-in/finish-login.service.js';
import { inhibitLoginOf, type Body } from './registration-input.js';

/** The answer to a last request was lost, and the client repeats it: the same account, another token. */
@Injectable()
export class RepeatedRegistration {
  constructor(
    private readonly accounts: AccountCommands,
    private readonly login: FinishLogin,
    private readonly sessions: NewSessions,
  ) {}

  /** The account that this session has made. Null: none so far. */
  async madeBy(session: UiaSession | null): Promise<UserId | null> {
    if (!session?.registering) return null;
    const { userId, credentialId } = session.registering;
    return (await this.accounts.state(userId)).credentialId === credentialId ? userId : null;
  }

  /** @throws as `FinishLogin.finish` */
  async answer(made: UserId, { registering }: UiaSession, body: Body): Promise<RouteReply> {
    if (inhibitLoginOf(body)) return { body: this.sessions.reply(made, null) };
    return this.login.finish(made, { kind: 'registration', credentialId: registering!.credentialId }, body);
  }
}
