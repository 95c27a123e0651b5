import type { AuthEvent } from '@ganglion/contracts';
import type { Command, DeviceId, UserId } from '@ganglion/kernel';
import { refuse } from '../../auth.errors.js';
import type { Account } from '../../accounts/account.js';

export type RenameDevice = Command<
  'RenameDevice',
  {
    userId: UserId;
    deviceId: DeviceId;
    /** Null: it keeps the one it has. */
    displayName: string | null;
    /** Application services make devices for their users in this way. */
    mayMake: boolean;
  }
>;

/** The name it has already decides nothing. @throws DEVICE_UNKNOWN */
export function decide(account: Account, { data }: RenameDevice): AuthEvent[] {
  const { userId, deviceId, displayName, mayMake } = data;
  const device = account.devices.get(deviceId);
  if (!device && !mayMake) throw refuse('DEVICE_UNKNOWN');
  if (!device) return [{ type: 'device.created', data: { userId, deviceId, displayName } }];
  if (displayName === null || displayName === device.displayName) return [];
  return [{ type: 'device.renamed', data: { userId, deviceId, displayName } }];
}
