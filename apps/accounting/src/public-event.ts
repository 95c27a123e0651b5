import type { AccountingEvent, StoredEvent } from '@ganglion/contracts';

/** What others read on `accounting.>`: who entered or left the cohort, and when. */
export function publicEvent(event: StoredEvent): { id: string; body: object } {
  const { id, type, v, atMs, pos, logId, data } = event as StoredEvent<AccountingEvent>;
  const { userId, ...rest } = data;
  const body = { id, type, v, at: atMs, pos, log_id: logId, subject: { kind: 'user', id: userId }, data: rest };
  return { id: userId, body };
}
