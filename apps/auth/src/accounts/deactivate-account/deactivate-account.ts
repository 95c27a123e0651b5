import type { AuthEvent } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import { revokeTokens } from '../../sessions/revoke-tokens.js';
import type { Account } from '../account.js';

export type DeactivateAccount = Command<
  'DeactivateAccount',
  {
    userId: UserId;
    /** What others have of the account shall be removed too. */
    erase: boolean;
  }
>;

/** Ends an account for good, with its sessions and its password. Its user id stays taken. Again: nothing. */
export function decide(account: Account, { data: { userId, erase } }: DeactivateAccount): AuthEvent[] {
  if (account.status === 'deactivated') return [];
  return [
    ...revokeTokens(account, () => true, 'deactivated'),
    ...[...account.devices].map(([deviceId]) => ({ type: 'device.deleted' as const, data: { userId, deviceId } })),
    { type: 'account.deactivated', data: { userId, erase, byAdmin: false } },
  ];
}
