import { createHash } from 'node:crypto';
import type { Config } from '@ganglion/config';
import type { Requester, Route, RouteReply, RouteRequest } from '@ganglion/contracts';
import { InOrder } from '@ganglion/event-store';
import type { Clock, UserId } from '@ganglion/kernel';
import { callerOf, CLOCK, CONFIG } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.js';
import { refuse } from '../auth.errors.js';
import { Passwords } from '../passwords/passwords.service.js';
import { RateLimits } from '../rate-limits/rate-limits.service.js';
import { authOf } from './auth-of.js';
import { challenge, operationOf, type UiaFlows, type UiaSession } from './uia.js';
import { UiaRunner, type UiaOutcome } from './uia.runner.js';

export type Body = Record<string, unknown>;

/** Something that a session alone does not suffice for: whoever has it shows again who they are. */
export interface Sensitive<Input> {
  route: Route;
  /** The account that the request acts as, as it was when the request came. */
  account: Account;
  /** Checks a body without `auth`; it may be that of an earlier request. @throws what is wrong with it */
  read(body: Body): Input;
  /** What the session shall keep of it, so that a later request may leave it out; no secrets. */
  kept(input: Input): Body;
  /** A new password in it, of which the session keeps the hash. */
  newPassword?(input: Input): string | undefined;
  /** A login or confirmation of a moment ago suffices where the operator says so. */
  recentSuffices: boolean;
  /** Application services do it for their users unasked. */
  appservicesMay: boolean;
}

/** What has been confirmed. */
export interface Confirmed<Input> {
  input: Input;
  /** The token whose holder has just shown who they are. Null: they were not asked. */
  tokenId: string | null;
  /** Of a password that an earlier request of the session named. */
  passwordHash: string | null;
}

/** Auth.md §7.3: runs an operation once its requester has confirmed it, and asks for that until then. */
@Injectable()
export class Confirmation {
  private readonly sessionsUnderWay = new InOrder();

  constructor(
    private readonly uia: UiaRunner,
    private readonly passwords: Passwords,
    private readonly limits: RateLimits,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws UIA_IMPOSSIBLE, LIMIT_EXCEEDED, UIA_SESSION_UNKNOWN, UIA_OTHER_OPERATION, UIA_OTHER_USER; what `read` and `run` throw */
  async before<Input>(
    request: RouteRequest<Body | null>,
    sensitive: Sensitive<Input>,
    run: (confirmed: Confirmed<Input>) => Promise<RouteReply>,
  ): Promise<RouteReply> {
    const { auth: _, ...body } = request.body ?? {};
    const auth = authOf(request.body ?? {});
    const requester = callerOf(request);
    const unasked = () => run({ input: sensitive.read(body), tokenId: null, passwordHash: null });
    if (requester.appServiceId !== null && sensitive.appservicesMay) return unasked();
    if (requester.accessTokenId === null) throw refuse('UIA_IMPOSSIBLE');
    if (sensitive.recentSuffices && this.isRecent(sensitive.account, requester)) return unasked();
    await this.limits.check('uia_failed_attempts', requester.userId.toLowerCase());
    const session = auth?.['session'];
    const step = () => this.step(request, auth, body, sensitive, run);
    return typeof session === 'string' ? this.sessionsUnderWay.run(session, step) : step();
  }

  /** A token of somebody else, who acts as this account, is not in it and never recent. */
  private isRecent({ tokens }: Account, { accessTokenId }: Requester): boolean {
    const validatedAtMs = tokens.get(accessTokenId ?? '')?.validatedAtMs ?? -Infinity;
    return this.clock.nowMs() - validatedAtMs < this.config.auth.ui_auth.session_timeout;
  }

  private async step<Input>(
    request: RouteRequest<Body | null>,
    auth: Body | undefined,
    body: Body,
    sensitive: Sensitive<Input>,
    run: (confirmed: Confirmed<Input>) => Promise<RouteReply>,
  ): Promise<RouteReply> {
    const { userId: asked, accessTokenId: tokenId } = callerOf(request);
    const userId = asked as UserId;
    const operation = fingerprint(userId, operationOf(sensitive.route, request));
    const known = await this.uia.resume(auth, operation);
    const input = sensitive.read(known && Object.keys(body).length === 0 ? known.body : body);
    const flows = this.flowsOf(sensitive.account);
    const claimant = { userId, credentialId: sensitive.account.credentialId };
    const outcome = await this.uia.advance(known, { auth, operation, flows, claimant, body: sensitive.kept(input) });
    if (!outcome.done) return this.askForMore(outcome, flows, sensitive.newPassword?.(input));
    // Somebody whose answer is lost comes back with the session and need not show anything again.
    if (known) await this.uia.keep(outcome.session);
    return run({ input, tokenId, passwordHash: outcome.session.passwordHash });
  }

  private flowsOf({ credentialId }: Account): UiaFlows {
    return this.passwords.confirm && credentialId !== null ? [['m.login.password']] : [];
  }

  private async askForMore(
    { session, failure }: UiaOutcome,
    flows: UiaFlows,
    newPassword: string | undefined,
  ): Promise<RouteReply> {
    await this.uia.keep({ ...session, passwordHash: await this.hashFor(session, newPassword) });
    return { status: 401, body: challenge(session, flows, {}, failure) };
  }

  private async hashFor({ passwordHash }: UiaSession, newPassword: string | undefined): Promise<string | null> {
    return newPassword === undefined ? passwordHash : this.passwords.hash(newPassword);
  }
}

/** An operation of one user, in few characters whatever the client has put into its query. */
function fingerprint(userId: UserId, operation: string): string {
  return `${userId} ${createHash('sha256').update(operation).digest('hex')}`;
}
