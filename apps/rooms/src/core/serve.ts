import { clientEvent, federationFormat, type ClientEvent, type Serving } from '@ganglion/matrix';
import type { Sight } from './access/sight.js';
import type { EventRecord } from './read-model/event-record.js';

/** Who is served, and when. */
export interface Reader {
  userId: string;
  deviceId: string | null;
  /** ms since the epoch. */
  nowMs: number;
}

/**
 * An event as this reader gets it.
 * @param sight  what the reader sees of the room; absent: everything, as a member all along
 */
export function serve(record: EventRecord, reader: Reader, sight?: Sight): ClientEvent & { room_id: string } {
  return clientEvent(record, servingOf(record, reader, sight));
}

/** For filters that ask for `event_format: federation`. */
export function serveAsFederated(record: EventRecord, reader: Reader, sight?: Sight): Record<string, unknown> {
  return federationFormat(record, servingOf(record, reader, sight));
}

function servingOf(record: EventRecord, { userId, deviceId, nowMs }: Reader, sight?: Sight): Serving {
  const { roomId, version, pos, pdu, txn, redaction, replaced } = record;
  const isOwn = txn !== null && txn.userId === userId && txn.deviceId === deviceId;
  const seesReplaced = replaced && (!sight || sight.sees({ pos: replaced.pos, pdu }));
  return {
    nowMs,
    membership: sight ? (sight.membershipAt(pos) ?? 'leave') : 'join',
    ...(isOwn ? { transactionId: txn.txnId } : {}),
    ...(replaced && { replaced: { eventId: replaced.eventId, ...(seesReplaced && { content: replaced.content }) } }),
    ...(redaction && { redactedBecause: clientEvent({ ...redaction, roomId, version }, { nowMs }) }),
  };
}
