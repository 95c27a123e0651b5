import type { AuthEvent } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import type { Account } from '../../accounts/account.js';
import { revokeTokens } from '../revoke-tokens.js';

export type LogOutAll = Command<'LogOutAll', { userId: UserId }>;

/** Ends every session of the account and every token it owns, those that act as others included; again: nothing. */
export function decide(account: Account, { data: { userId } }: LogOutAll): AuthEvent[] {
  const deleted = [...account.devices].map(([deviceId]) => ({
    type: 'device.deleted' as const,
    data: { userId, deviceId },
  }));
  return [...revokeTokens(account, () => true, 'logout'), ...deleted];
}
