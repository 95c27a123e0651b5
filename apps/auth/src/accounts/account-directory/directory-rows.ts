import type { AccountFlags, TokenRow } from '@ganglion/contracts';

export interface AccountRow {
  user_id: string;
  kind: string;
  admin: boolean;
  deactivated: boolean;
  appservice_id: string | null;
  user_type: string | null;
  created_ts: string;
}
export const ACCOUNT_COLUMNS = 'user_id, kind, admin, deactivated, appservice_id, user_type, created_ts';

export function flagsOf(row: AccountRow): AccountFlags {
  return {
    userId: row.user_id,
    isGuest: row.kind === 'guest',
    isAdmin: row.admin,
    deactivated: row.deactivated,
    appserviceId: row.appservice_id,
    userType: row.user_type,
    createdTs: Number(row.created_ts),
  };
}

export interface AccessTokenRow {
  token_id: string;
  token_hash: string;
  owner_user_id: string;
  target_user_id: string;
  device_id: string | null;
  valid_until_ms: string | null;
}
export const TOKEN_COLUMNS = 'token_id, token_hash, owner_user_id, target_user_id, device_id, valid_until_ms';

export function tokenOf(row: AccessTokenRow): TokenRow {
  return {
    tokenId: row.token_id,
    tokenHash: row.token_hash,
    ownerUserId: row.owner_user_id,
    targetUserId: row.target_user_id,
    deviceId: row.device_id,
    validUntilMs: row.valid_until_ms === null ? null : Number(row.valid_until_ms),
  };
}
