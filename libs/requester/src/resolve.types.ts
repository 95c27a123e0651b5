import type { RegistrationPublic, Requester, Sighting } from '@ganglion/contracts';
import type { Refusal } from '@ganglion/kernel';
import type { StoredToken } from './token-table.js';

/** What a request says of itself. */
export interface RequestFacts {
  /** Every value of the header. */
  authorization: readonly string[];
  /** All values of each query parameter, in order. */
  query: Readonly<Record<string, readonly string[] | undefined>>;
  /** Null when unknown. */
  clientIp: string | null;
  userAgent: string;
}

/** Auth.md §4.7; what a route allows beyond an ordinary user. */
export interface RouteFlags {
  guest?: boolean;
  allowLocked?: boolean;
  allowExpired?: boolean;
}

export interface ResolveOptions {
  serverName: string;
  allowQueryAccessToken: boolean;
  msc3202DeviceMasquerading: boolean;
  trackAppserviceUserIps: boolean;
  trackPuppetedUserIps: boolean;
  tokenChecksumKey: string;
}

export interface AccountState {
  isGuest: boolean;
  isAdmin: boolean;
  deactivated: boolean;
  /** End of the account's validity, ms since the epoch; absent or null: never. */
  validUntilMs?: number | null;
}

/** The replicas, as questions. Every hash is SHA-256 in lower-case hex. */
export interface Directory {
  token(tokenHash: string): StoredToken | undefined;
  /** Auth has said, or a revocation has told, that this token is none. */
  isKnownUnknown(tokenHash: string): boolean;
  appserviceByTokenHash(tokenHash: string): RegistrationPublic | undefined;
  account(userId: string): AccountState | undefined;
  /** Visible devices only. */
  hasDevice(userId: string, deviceId: string): boolean;
  isLocked(userId: string): boolean;
  isSuspended(userId: string): boolean;
  isShadowBanned(userId: string): boolean;
  /** Positions that the answers above stand for. */
  seen(): Requester['seen'];
}

/** `refused` may carry sightings: a guest at the gate was seen. */
export type Resolution =
  | { kind: 'resolved'; tokenHash: string; requester: Requester; sightings: readonly Sighting[] }
  | { kind: 'refused'; refusal: Refusal; sightings: readonly Sighting[] }
  | { kind: 'ask'; tokenHash: string };
