import type { Event } from '@ganglion/kernel';

/** Accounting.md §15. `mark` is ms since the epoch, granularity one hour. */
export type MauMemberAdded = Event<
  'mau.member_added',
  { userId: string; mark: number; reason: 'sighting' | 'reserved'; service: string }
>;
export type MauMemberRefreshed = Event<'mau.member_refreshed', { userId: string; mark: number }>;
export type MauMemberExpired = Event<'mau.member_expired', { userId: string; reason: 'age' | 'over_limit' }>;
export type AccountingEvent = MauMemberAdded | MauMemberRefreshed | MauMemberExpired;

/** `cmd.accounting.<vshard>` `sight`: one request seen (accounting.md §3). Personal data: never on a stream. */
export interface Sighting {
  userId: string;
  /** SHA-256 of the access token, lower-case hex. */
  tokenRef: string;
  ip: string;
  userAgent: string;
  deviceId: string | null;
  tsMs: number;
  mauRelevant: boolean;
}
