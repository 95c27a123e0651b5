import type { AuthEvent } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import { refuse } from '../../auth.errors.js';
import { openSession, type NewSession } from '../../sessions/open-session.js';
import type { Account } from '../account.js';
import { registered } from '../register-account/register-account.js';

/** What has been proven about the one who logs in, before the account is looked at again. */
export type LoginProof =
  | { kind: 'password'; credentialId: string }
  /** @param sender  the user is the sender of the application service: it may log in without an account (appservice.md §14.2) */
  | { kind: 'appservice'; asId: string; sender: boolean }
  /** The UIA session that made this account, repeating its last request. */
  | { kind: 'registration'; credentialId: string };

export type LogIn = Command<
  'LogIn',
  {
    userId: UserId;
    proof: LoginProof;
    session: NewSession;
    /** Name in the profile of an account that is made on the way. */
    displayName: string;
  }
>;

/**
 * Opens a session. The sender of an application service gets its account now if nobody has registered it.
 * @throws NOT_REGISTERED, USER_DEACTIVATED; BAD_CREDENTIALS: the password is another one since it was verified
 */
export function decide(account: Account, { data, meta }: LogIn): AuthEvent[] {
  const { userId, proof, session, displayName } = data;
  checkMayLogIn(account, proof);
  const opened = openSession(userId, account, session);
  if (account.status !== 'none' || proof.kind !== 'appservice') return opened;
  const sender = {
    userId,
    kind: 'appservice' as const,
    appserviceId: proof.asId,
    userType: null,
    admin: false,
    displayName,
    credentialId: null,
    byAdmin: false,
  };
  return [registered(sender, meta.nowMs), ...opened];
}

/** @throws as `decide` */
export function checkMayLogIn(account: Account, proof: LoginProof): void {
  if (proof.kind === 'appservice') {
    if (account.status === 'none' && !proof.sender) throw refuse('NOT_REGISTERED');
    if (account.status === 'deactivated') throw refuse('USER_DEACTIVATED');
  } else if (account.credentialId !== proof.credentialId) throw refuse('BAD_CREDENTIALS');
}
