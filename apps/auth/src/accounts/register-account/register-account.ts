import type { AccountRegistered, AuthEvent } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import { refuse } from '../../auth.errors.js';
import { openSession, type NewSession } from '../../sessions/open-session.js';
import type { Account } from '../account.js';

export interface NewAccount {
  userId: UserId;
  kind: AccountRegistered['data']['kind'];
  /** Set where the user id belongs to that application service alone. */
  appserviceId: string | null;
  userType: string | null;
  admin: boolean;
  /** Empty: none. */
  displayName: string;
  /** Names the row that holds the password's hash. Null: no password. */
  credentialId: string | null;
  byAdmin: boolean;
}

export type RegisterAccount = Command<'RegisterAccount', NewAccount & { session: NewSession | null }>;

/** @throws USER_IN_USE */
export function decide(account: Account, { data, meta }: RegisterAccount): AuthEvent[] {
  if (account.status !== 'none') throw refuse('USER_IN_USE');
  const { session, ...newAccount } = data;
  return [
    registered(newAccount, meta.nowMs),
    ...(session === null ? [] : openSession(newAccount.userId, account, session)),
  ];
}

export function registered(account: NewAccount, nowMs: number): AccountRegistered {
  const { credentialId } = account;
  return {
    type: 'account.registered',
    data: {
      ...account,
      createdTs: Math.floor(nowMs / 1000),
      hasPassword: credentialId !== null,
      authProviderId: null,
    },
  };
}
