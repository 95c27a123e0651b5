import { routes, type RouteReply, type RouteRequest } from '@ganglion/contracts';
import { InOrder } from '@ganglion/event-store';
import type { UserId } from '@ganglion/kernel';
import { Injectable } from '@nestjs/common';
import { refuse } from '../../auth.errors.js';
import { Passwords } from '../../passwords/passwords.service.js';
import { authOf } from '../../uia/auth-of.js';
import { challenge, operationOf, type UiaFlows, type UiaSession } from '../../uia/uia.js';
import { UiaRunner, type UiaOutcome } from '../../uia/uia.runner.js';
import { AccountCommands } from '../account-commands.service.js';
import { localpartOf } from '../user-name.js';
import { UserNames } from '../user-names.service.js';
import { FinishRegistration } from './finish-registration.service.js';
import { believedBody, inhibitLoginOf, keptBody, passwordOf, usernameOf, type Body } from './registration-input.js';
import { RepeatedRegistration } from './repeated-registration.service.js';

const FLOWS: UiaFlows = [['m.login.dummy']];

/** Steps 7–16 of auth.md §6.2: somebody makes an account for themselves. */
@Injectable()
export class PersonRegistration {
  private readonly sessionsUnderWay = new InOrder();

  constructor(
    private readonly names: UserNames,
    private readonly uia: UiaRunner,
    private readonly passwords: Passwords,
    private readonly finishing: FinishRegistration,
    private readonly repeated: RepeatedRegistration,
    private readonly accounts: AccountCommands,
  ) {}

  /** Requests of one UIA session one after the other, so that it never makes two accounts. */
  register(request: RouteRequest<Body | null>, sent: Body): Promise<RouteReply> {
    const auth = authOf(sent);
    const session = auth?.['session'];
    const run = () => this.step(request, sent, auth);
    return typeof session === 'string' ? this.sessionsUnderWay.run(session, run) : run();
  }

  /**
   * @throws BAD_JSON, INVALID_PARAM, PASSWORD_…, USERNAME_INVALID, NAME_EXCLUSIVE, USER_IN_USE, REGISTERED_OTHER_NAME,
   *         UIA_SESSION_UNKNOWN, UIA_OTHER_OPERATION, MISSING_PARAM, LIMIT_EXCEEDED, HASHING_BUSY
   */
  private async step(request: RouteRequest<Body | null>, sent: Body, auth: Body | undefined): Promise<RouteReply> {
    const known = await this.uia.find(auth);
    const password = passwordOf(sent);
    if (password !== undefined) this.passwords.checkChosen(password);
    const body = believedBody(sent, known?.body);
    inhibitLoginOf(body);
    const made = await this.repeated.madeBy(known);
    const userId = await this.asked(body, made);
    // All requests of one session for one account meet in one process, before anything is hashed or kept.
    const account = userId ?? made;
    if (account !== null) this.accounts.mustOwn(account);
    const operation = operationOf(routes.register, request);
    const outcome = await this.uia.advance(known, {
      auth,
      operation,
      flows: FLOWS,
      claimant: null,
      body: keptBody(body),
    });
    if (!outcome.done) return this.askForMore(outcome, password);
    if (made) return this.repeated.answer(made, outcome.session, body);
    return this.finishing.create({
      clientIp: request.clientIp,
      body,
      password,
      userId,
      session: outcome.session,
      known,
    });
  }

  /** The user id that the body asks for. Null: none. */
  private async asked(body: Body, made: UserId | null): Promise<UserId | null> {
    const username = usernameOf(body)?.toLowerCase();
    if (username === undefined) return null;
    if (made === null) return this.names.checkWish(username);
    if (username !== localpartOf(made)) throw refuse('REGISTERED_OTHER_NAME');
    return made;
  }

  private async askForMore({ session, failure }: UiaOutcome, password: string | undefined): Promise<RouteReply> {
    const passwordHash = await this.hashFor(session, password);
    await this.uia.keep({ ...session, passwordHash });
    return { status: 401, body: challenge(session, FLOWS, {}, failure) };
  }

  private async hashFor({ passwordHash }: UiaSession, password: string | undefined): Promise<string | null> {
    return passwordHash === null && password !== undefined ? this.passwords.hash(password) : passwordHash;
  }
}
