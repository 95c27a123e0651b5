import type { AccountRegistered } from '@ganglion/contracts';

/** An account as auth tells of it: an ordinary user without anything special. */
export function accountRegistered(userId: string, changes: Partial<AccountRegistered['data']> = {}): AccountRegistered {
  return {
    type: 'account.registered',
    data: {
      userId,
      kind: 'user',
      appserviceId: null,
      userType: null,
      admin: false,
      createdTs: 1,
      displayName: 'M',
      hasPassword: true,
      byAdmin: false,
      ...changes,
    },
  };
}
