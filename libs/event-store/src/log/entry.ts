import type { EventMeta, StoredEvent } from '@ganglion/contracts';
import type { Ids } from '@ganglion/kernel';
import { currentVersion, type EventTypes, upcast } from './event-types.js';

export interface NewEvent {
  stream: string;
  /** Version it becomes in its stream, from 1. */
  ver: number;
  vshard: number;
  type: string;
  data: object;
  meta: EventMeta;
  /** Id of the data key that parts of `data` are sealed under (`SubjectKeys`). */
  keyId?: string;
}

/** Accepted for the log: serialised once, here, so that what the caller does to its object afterwards changes nothing. */
export interface PreparedEvent {
  stream: string;
  ver: number;
  vshard: number;
  type: string;
  v: number;
  id: string;
  keyId: string | null;
  metaText: string;
  dataText: string;
}

/** An event together with its JSON exactly as frames carry it. */
export interface LogEntry {
  event: StoredEvent;
  json: string;
}

export function prepare(event: NewEvent, types: EventTypes, ids: Ids): PreparedEvent {
  return {
    stream: event.stream,
    ver: event.ver,
    vshard: event.vshard,
    type: event.type,
    v: currentVersion(types, event.type),
    id: ids.eventId(),
    keyId: event.keyId ?? null,
    metaText: JSON.stringify(event.meta),
    dataText: JSON.stringify(event.data),
  };
}

/** What a reader of the log would get; parsed from the text so that both are the same to the last `undefined`. */
export function committed(prepared: PreparedEvent, logId: string, pos: number, atMs: number): LogEntry {
  const { metaText, dataText, keyId, ...rest } = prepared;
  return entry({ logId, pos, atMs, ...rest, ...keyed(keyId) }, metaText, dataText);
}

/** Columns of `READ_COLUMNS`, as pg returns them. */
export interface EventRow {
  log_id: string;
  pos: string;
  vshard: number;
  stream: string;
  ver: number;
  type: string;
  v: number;
  id: string;
  at: string;
  meta: string;
  key_id: string | null;
  data: string;
}

export const READ_COLUMNS =
  'l.log_id, e.pos, e.vshard, e.stream, e.ver, e.type, e.v, e.id, e.at, e.meta, e.key_id, e.data';

export function fromRow(row: EventRow, types: EventTypes): LogEntry {
  const { vshard, stream, ver, type, v, id } = row;
  const [pos, atMs] = [Number(row.pos), Number(row.at)];
  const head = { logId: row.log_id, pos, atMs, vshard, stream, ver, type, v, id, ...keyed(row.key_id) };
  const stored = entry(head, row.meta, row.data);
  const lifted = upcast(types, type, v, stored.event.data);
  if (lifted.v === v) return stored;
  return entry({ ...head, v: lifted.v }, row.meta, JSON.stringify(lifted.data));
}

type Head = Omit<StoredEvent, 'meta' | 'data'>;

/** No property at all where there is no key, as in its JSON. */
function keyed(keyId: string | null): { keyId?: string } {
  return keyId ? { keyId } : {};
}

function entry(head: Head, metaText: string, dataText: string): LogEntry {
  const { logId, pos, vshard, stream, ver, type, v, id, atMs, keyId } = head;
  const start = JSON.stringify({ logId, pos, vshard, stream, ver, type, v, id, atMs, keyId });
  return {
    event: {
      logId,
      pos,
      vshard,
      stream,
      ver,
      type,
      v,
      id,
      atMs,
      ...keyed(keyId ?? null),
      meta: JSON.parse(metaText),
      data: JSON.parse(dataText),
    },
    json: `${start.slice(0, -1)},"meta":${metaText},"data":${dataText}}`,
  };
}
