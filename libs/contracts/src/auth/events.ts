import type { Event } from '@ganglion/kernel';

/** Decisions of the auth log that others follow (auth.md §1.2). Tokens appear as SHA-256 only. */
export type AccountRegistered = Event<
  'account.registered',
  {
    userId: string;
    kind: 'user' | 'guest' | 'appservice';
    appserviceId: string | null;
    userType: string | null;
    admin: boolean;
    /** Seconds since the epoch. */
    createdTs: number;
    /** Name in the profile; empty: none. */
    displayName: string;
    hasPassword: boolean;
    byAdmin: boolean;
    /** Names the row beside the log that holds the password's hash. Absent or null: no password. */
    credentialId?: string | null;
    /** Identity provider that vouched for it. Absent or null: none. */
    authProviderId?: string | null;
  }
>;
export type AccountAdminSet = Event<'account.admin_set', { userId: string; value: boolean }>;
export type AccountDeactivated = Event<'account.deactivated', { userId: string; erase: boolean; byAdmin: boolean }>;
export type DeviceCreated = Event<'device.created', { userId: string; deviceId: string; displayName: string | null }>;
/** `credentialId` names the row beside the log that holds the new password's hash. */
export type AccountPasswordSet = Event<
  'account.password_set',
  { userId: string; by: 'self' | 'admin' | 'reset'; logoutDevices: boolean; credentialId: string }
>;
export type DeviceDeleted = Event<'device.deleted', { userId: string; deviceId: string }>;
export type DeviceRenamed = Event<'device.renamed', { userId: string; deviceId: string; displayName: string | null }>;
export type TokenIssued = Event<
  'token.issued',
  {
    tokenId: string;
    /** SHA-256 of the token, lower-case hex. */
    tokenHash: string;
    ownerUserId: string;
    /** The account it acts as; differs from the owner for puppet tokens only. */
    targetUserId: string;
    deviceId: string | null;
    /** Ms since the epoch; null: never expires. */
    validUntilMs: number | null;
  }
>;
/** Whoever holds the token has shown again who they are (user-interactive authentication). */
export type TokenValidated = Event<
  'token.validated',
  {
    tokenId: string;
    ownerUserId: string;
    /** Ms since the epoch. */
    validatedAtMs: number;
  }
>;
export type TokenRevoked = Event<
  'token.revoked',
  {
    tokenId: string;
    tokenHash: string;
    ownerUserId: string;
    reason: 'logout' | 'replaced' | 'device_deleted' | 'password_changed' | 'deactivated' | 'admin';
  }
>;

export type AuthEvent =
  | AccountRegistered
  | AccountAdminSet
  | AccountPasswordSet
  | AccountDeactivated
  | DeviceCreated
  | DeviceRenamed
  | DeviceDeleted
  | TokenIssued
  | TokenValidated
  | TokenRevoked;

/** `qry.auth.snapshot`: one page of it. */
export interface AuthSnapshotRequest {
  /** Also tokens. The same for every page. */
  tokens?: boolean;
  /** `next` of the page before; null or absent: the first page. */
  after?: string | null;
  /** Rows of any kind at most; absent, or more than auth gives at once: as many as it gives. */
  limit?: number;
}
/**
 * A page of all that a gateway resolves requesters with, as of `pos`, which differs from page to page: a reader goes on with
 * the events after the smallest, and applies some of them to rows that show their effect already.
 */
export interface AuthSnapshot {
  logId: string;
  pos: number;
  /** Opaque: where the next page begins. Null or absent: this is the last one. */
  next?: string | null;
  users: AccountFlags[];
  /** Empty unless asked for with `{tokens: true}`. */
  tokens: TokenRow[];
  /** Pairs of user id and device id. */
  devices: [string, string][];
}
export interface AccountFlags {
  userId: string;
  isGuest: boolean;
  isAdmin: boolean;
  deactivated: boolean;
  appserviceId: string | null;
  userType: string | null;
  createdTs: number;
}
export interface TokenRow {
  tokenId: string;
  tokenHash: string;
  ownerUserId: string;
  targetUserId: string;
  deviceId: string | null;
  validUntilMs: number | null;
}
/** `qry.auth.token`: a well-formed token that a replica lacks. */
export interface TokenLookup {
  tokenHash: string;
}
export interface TokenLookupReply {
  token: TokenRow | null;
  /** Flags of owner and target when found. */
  users: AccountFlags[];
  pos: number;
}
