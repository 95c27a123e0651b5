import type { AuthEvent } from '@ganglion/contracts';
import type { Command, DeviceId, UserId } from '@ganglion/kernel';
import { refuse } from '../../auth.errors.js';
import type { Account } from '../../accounts/account.js';
import { revokeTokens } from '../revoke-tokens.js';

export type LogOut = Command<
  'LogOut',
  {
    userId: UserId;
    /** Null: an application service, which has no token to give up. */
    tokenId: string | null;
    deviceId: DeviceId | null;
  }
>;

/**
 * Ends one session: with a device, the device and all its tokens; without, just the token. What is gone already is not an
 * error: it decides nothing.
 * @param account  the token's owner
 * @throws UNKNOWN_TOKEN: there is nothing that could end
 */
export function decide(account: Account, { data: { userId, tokenId, deviceId } }: LogOut): AuthEvent[] {
  if (deviceId === null) {
    if (tokenId === null) throw refuse('UNKNOWN_TOKEN', { soft_logout: false });
    return revokeTokens(account, (_, id) => id === tokenId, 'logout');
  }
  const revoked = revokeTokens(account, (token) => token.deviceId === deviceId, 'logout');
  if (!account.devices.has(deviceId)) return revoked;
  return [...revoked, { type: 'device.deleted', data: { userId, deviceId } }];
}
