import type { AuthEvent } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import type { Account } from '../../accounts/account.js';
import { revokeTokens } from '../../sessions/revoke-tokens.js';
import { tokenValidated } from '../../uia/token-validated.js';

export type DeleteDevices = Command<
  'DeleteDevices',
  {
    userId: UserId;
    deviceIds: readonly string[];
    /** Whose holder has just confirmed it. Null: nobody was asked. */
    confirmedTokenId: string | null;
  }
>;

/** Ends devices and their sessions. One that is unknown, or gone already, decides nothing. */
export function decide(account: Account, { data, meta }: DeleteDevices): AuthEvent[] {
  const { userId, deviceIds, confirmedTokenId } = data;
  const known = new Set(deviceIds.filter((deviceId) => account.devices.has(deviceId)));
  return [
    ...tokenValidated(account, confirmedTokenId, meta.nowMs),
    ...revokeTokens(account, ({ deviceId }) => deviceId !== null && known.has(deviceId), 'device_deleted'),
    ...[...known].map((deviceId) => ({ type: 'device.deleted' as const, data: { userId, deviceId } })),
  ];
}
