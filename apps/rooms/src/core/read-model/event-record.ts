import type { EventPersisted, Pdu } from '@ganglion/contracts';
import { redact, roomVersion, type RoomVersion } from '@ganglion/matrix';

/** A room event with what the read model knows beside it. */
export interface EventRecord {
  roomId: string;
  version: RoomVersion;
  pos: number;
  /** Order in the room, from 1. */
  index: number;
  eventId: string;
  /** Pruned if the event has been redacted. */
  pdu: Pdu;
  txn: EventPersisted['data']['txn'];
  /** The redaction of this event. */
  redaction: { eventId: string; pdu: Pdu } | null;
  /** The state event that this one took the place of. */
  replaced: { eventId: string; pos: number; content: Record<string, unknown> } | null;
}

/** As the columns of `EVENT_COLUMNS` come. */
export interface EventRow {
  room_id: string;
  version: string;
  pos: string;
  idx: number;
  event_id: string;
  pdu: string;
  txn: string | null;
  redaction_id: string | null;
  redaction_pdu: string | null;
  replaced_id: string | null;
  replaced_pos: string | null;
  replaced_pdu: string | null;
  replaced_redacted: boolean | null;
}

export function recordOf(row: EventRow): EventRecord {
  const version = roomVersion(row.version);
  if (!version) throw new Error(`the room ${row.room_id} is of version ${row.version}, which this build does not know`);
  const pdu = JSON.parse(row.pdu) as Pdu;
  const { redaction_id, redaction_pdu } = row;
  const redaction = redaction_id && redaction_pdu ? { eventId: redaction_id, pdu: JSON.parse(redaction_pdu) } : null;
  return {
    roomId: row.room_id,
    version,
    pos: Number(row.pos),
    index: row.idx,
    eventId: row.event_id,
    pdu: redaction ? redact(pdu, version) : pdu,
    txn: row.txn && JSON.parse(row.txn),
    redaction,
    replaced: replacedOf(row, version),
  };
}

function replacedOf(row: EventRow, version: RoomVersion): EventRecord['replaced'] {
  const { replaced_id, replaced_pos, replaced_pdu, replaced_redacted } = row;
  if (!replaced_id || !replaced_pdu) return null;
  const pdu = JSON.parse(replaced_pdu) as Pdu;
  const { content } = replaced_redacted ? redact(pdu, version) : pdu;
  return { eventId: replaced_id, pos: Number(replaced_pos), content };
}
