import type { AuthEvent } from '@ganglion/contracts';
import type { Command, UserId } from '@ganglion/kernel';
import type { Account } from '../../accounts/account.js';
import { revokeTokens } from '../../sessions/revoke-tokens.js';
import { tokenValidated } from '../../uia/token-validated.js';

export type ChangePassword = Command<
  'ChangePassword',
  {
    userId: UserId;
    /** Names the row with the hash of the new one. */
    credentialId: string;
    /** End every session but the one that asks. */
    logoutDevices: boolean;
    /** Of the session that asks and stays. Null: it has none in this account. */
    keep: { tokenId: string | null; deviceId: string | null };
    confirmedTokenId: string | null;
  }
>;

/** Sets another password; every other session of the account, and every other token it owns, ends with the old one. */
export function decide(account: Account, { data, meta }: ChangePassword): AuthEvent[] {
  const { userId, credentialId, logoutDevices, keep, confirmedTokenId } = data;
  return [
    ...tokenValidated(account, confirmedTokenId, meta.nowMs),
    ...(logoutDevices ? otherSessions(account, userId, keep) : []),
    { type: 'account.password_set', data: { userId, by: 'self', logoutDevices, credentialId } },
  ];
}

function otherSessions(
  account: Account,
  userId: UserId,
  { tokenId, deviceId }: ChangePassword['data']['keep'],
): AuthEvent[] {
  const others = [...account.devices].map(([id]) => id).filter((id) => id !== deviceId);
  return [
    ...revokeTokens(account, (_, id) => id !== tokenId, 'password_changed'),
    ...others.map((id) => ({ type: 'device.deleted' as const, data: { userId, deviceId: id } })),
  ];
}
