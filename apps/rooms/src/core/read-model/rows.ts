import type { AliasChanged, EventPersisted, StoredEvent } from '@ganglion/contracts';
import { redactsOf, roomVersion } from '@ganglion/matrix';
import { txnKey } from '../transactions/txn-key.js';
import { stateValue } from './state-value.js';

type Persisted = StoredEvent<EventPersisted>;

/** `until_pos` of what still holds: beyond every position, and exact in JavaScript. */
export const FOREVER = Number.MAX_SAFE_INTEGER;

export interface EventRow {
  room_id: string;
  pos: number;
  idx: number;
  event_id: string;
  type: string;
  state_key: string | null;
  sender: string;
  pdu: string;
  txn: string | null;
}
export interface StateRow {
  room_id: string;
  type: string;
  state_key: string;
  pos: number;
  until_pos: number;
  value: string | null;
}
export interface MembershipRow {
  user_id: string;
  room_id: string;
  membership: string;
  pos: number;
}
export interface RoomRow {
  room_id: string;
  version: string;
  last_pos: number;
  /** Change of the number of members, not the number itself. */
  joined_members: number;
  invited_members: number;
}
export interface TxnRow {
  /** base64url */
  key: string;
  event_id: string;
  at: number;
}
export interface AliasRow {
  alias: string;
  /** Null: the alias is gone. */
  room_id: string | null;
  creator: string;
}
export interface RedactionRow {
  room_id: string;
  target: string;
  redacted_by: string;
}

/** What a batch of log events adds to the read model. */
export interface Rows {
  events: EventRow[];
  /** One per state event; those replaced within the batch are closed already. */
  states: StateRow[];
  /** The first state event of each key in this batch: it ends what held until now. */
  closing: StateRow[];
  memberships: MembershipRow[];
  rooms: RoomRow[];
  txns: TxnRow[];
  aliases: AliasRow[];
  redactions: RedactionRow[];
}

/** Pure: the same batch gives the same rows, whenever and wherever it is replayed. Events it does not know are left out. */
export function rowsOf(batch: readonly StoredEvent[]): Rows {
  const persisted = batch.filter((event): event is Persisted => event.type === 'event.persisted');
  const changed = batch.filter((event): event is StoredEvent<AliasChanged> => event.type === 'alias.changed');
  return {
    events: persisted.map(eventRow),
    ...stateRows(persisted),
    memberships: membershipRows(persisted),
    rooms: roomRows(persisted),
    txns: persisted.flatMap(txnRow),
    aliases: [...new Map(changed.map(({ data }) => [data.alias, aliasRow(data)])).values()],
    redactions: redactionRows(persisted),
  };
}

function eventRow({ pos, data: { roomId, eventId, roomIndex, pdu, txn } }: Persisted): EventRow {
  return {
    room_id: roomId,
    pos,
    idx: roomIndex,
    event_id: eventId,
    type: pdu.type,
    state_key: pdu.state_key ?? null,
    sender: pdu.sender,
    pdu: JSON.stringify(pdu),
    txn: txn && JSON.stringify(txn),
  };
}

function stateRows(events: readonly Persisted[]): Pick<Rows, 'states' | 'closing'> {
  const states: StateRow[] = [];
  const closing: StateRow[] = [];
  const newest = new Map<string, StateRow>();
  for (const { pos, data } of events) {
    const { type, state_key, content } = data.pdu;
    if (state_key === undefined) continue;
    const value = stateValue(type, content);
    const row: StateRow = { room_id: data.roomId, type, state_key, pos, until_pos: FOREVER, value };
    const key = JSON.stringify([row.room_id, type, state_key]);
    const before = newest.get(key);
    if (before) before.until_pos = pos;
    else closing.push(row);
    newest.set(key, row);
    states.push(row);
  }
  return { states, closing };
}

function membershipRows(events: readonly Persisted[]): MembershipRow[] {
  const rows = new Map<string, MembershipRow>();
  for (const { pos, data } of events) {
    if (!data.membership) continue;
    const { userId, next } = data.membership;
    const key = JSON.stringify([userId, data.roomId]);
    rows.set(key, { user_id: userId, room_id: data.roomId, membership: next, pos });
  }
  return [...rows.values()];
}

function roomRows(events: readonly Persisted[]): RoomRow[] {
  const rows = new Map<string, RoomRow>();
  for (const { pos, data } of events) {
    const { roomId, roomVersion, membership } = data;
    const row = rows.get(roomId) ?? {
      room_id: roomId,
      version: roomVersion,
      last_pos: pos,
      joined_members: 0,
      invited_members: 0,
    };
    const change = (word: string) => Number(membership?.next === word) - Number(membership?.prev === word);
    row.last_pos = pos;
    row.joined_members += change('join');
    row.invited_members += change('invite');
    rows.set(roomId, row);
  }
  return [...rows.values()];
}

function txnRow({ atMs, data: { txn, eventId, roomId, pdu } }: Persisted): TxnRow[] {
  return txn ? [{ key: txnKey({ ...txn, roomId, type: pdu.type }), event_id: eventId, at: atMs }] : [];
}

function aliasRow({ alias, roomId, creator }: AliasChanged['data']): AliasRow {
  return { alias, room_id: roomId, creator };
}

/** The first of each target, and none of what comes only after it, as if they had come one by one. */
function redactionRows(events: readonly Persisted[]): RedactionRow[] {
  const positions = new Map(events.map(({ pos, data }) => [data.eventId, pos]));
  const first = new Map<string, RedactionRow>();
  for (const { pos, data } of events) {
    const { roomId, eventId, pdu, roomVersion: versionId } = data;
    const version = roomVersion(versionId);
    const target = pdu.type === 'm.room.redaction' && version ? redactsOf(pdu, version) : undefined;
    if (target === undefined || (positions.get(target) ?? 0) >= pos) continue;
    const key = JSON.stringify([roomId, target]);
    if (!first.has(key)) first.set(key, { room_id: roomId, target, redacted_by: eventId });
  }
  return [...first.values()];
}
