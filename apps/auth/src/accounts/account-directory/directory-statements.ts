import type { AuthEvent, StoredEvent } from '@ganglion/contracts';

export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** What an event of the auth log does to the rows. Null: nothing. */
export function statementFor({ type, data }: StoredEvent<AuthEvent>): Statement | null {
  switch (type) {
    case 'account.registered':
      return {
        name: 'account_add',
        text: `insert into account (user_id, user_key, kind, admin, user_type, appservice_id, created_ts, display_name,
            credential_id, deactivated) values ($1, lower($1), $2, $3, $4, $5, $6, $7, $8, false)`,
        values: [
          data.userId,
          data.kind,
          data.admin,
          data.userType,
          data.appserviceId,
          data.createdTs,
          data.displayName,
          data.credentialId ?? null,
        ],
      };
    case 'account.admin_set':
      return {
        name: 'account_admin',
        text: 'update account set admin = $2 where user_id = $1',
        values: [data.userId, data.value],
      };
    case 'account.deactivated':
      return {
        name: 'account_deactivate',
        text: 'update account set deactivated = true, erased = $2, credential_id = null where user_id = $1',
        values: [data.userId, data.erase],
      };
    case 'account.password_set':
      return {
        name: 'account_password',
        text: 'update account set credential_id = $2 where user_id = $1',
        values: [data.userId, data.credentialId],
      };
    case 'device.created':
      return {
        name: 'device_add',
        text: 'insert into device (user_id, device_id, display_name) values ($1, $2, $3)',
        values: [data.userId, data.deviceId, data.displayName],
      };
    case 'device.renamed':
      return {
        name: 'device_rename',
        text: 'update device set display_name = $3 where user_id = $1 and device_id = $2',
        values: [data.userId, data.deviceId, data.displayName],
      };
    case 'device.deleted':
      return {
        name: 'device_remove',
        text: 'delete from device where user_id = $1 and device_id = $2',
        values: [data.userId, data.deviceId],
      };
    case 'token.issued':
      return {
        name: 'access_token_add',
        text: `insert into access_token (token_id, token_hash, owner_user_id, target_user_id, device_id, valid_until_ms)
          values ($1, $2, $3, $4, $5, $6)`,
        values: [data.tokenId, data.tokenHash, data.ownerUserId, data.targetUserId, data.deviceId, data.validUntilMs],
      };
    case 'token.revoked':
      return {
        name: 'access_token_remove',
        text: 'delete from access_token where token_id = $1',
        values: [data.tokenId],
      };
    default:
      return null;
  }
}
