import type { AuthEvent } from '@ganglion/contracts';
import type { DeviceId, UserId } from '@ganglion/kernel';
import type { Account } from '../accounts/account.js';
import { revokeTokens } from './revoke-tokens.js';

export interface NewSession {
  deviceId: DeviceId;
  /** Of a device that is made now; an existing one keeps its name. */
  displayName: string | null;
  tokenId: string;
  tokenHash: string;
  /** Ms since the epoch; null: never expires. */
  validUntilMs: number | null;
}

/** A token for a device, which is made if it is new and loses its earlier tokens otherwise (auth.md §8.1). */
export function openSession(userId: UserId, account: Account, session: NewSession): AuthEvent[] {
  const { deviceId, displayName, tokenId, tokenHash, validUntilMs } = session;
  const known = account.devices.has(deviceId);
  return [
    ...(known ? revokeTokens(account, (token) => token.deviceId === deviceId, 'replaced') : []),
    ...(known ? [] : [{ type: 'device.created' as const, data: { userId, deviceId, displayName } }]),
    {
      type: 'token.issued',
      data: { tokenId, tokenHash, ownerUserId: userId, targetUserId: userId, deviceId, validUntilMs },
    },
  ];
}
