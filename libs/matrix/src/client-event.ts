import type { JsonObject } from './json-values.js';
import { own } from './json-values.js';
import type { Membership, Pdu } from './pdu.js';
import { redactsOf } from './redaction-rules.js';
import type { RoomVersion } from './room-version.js';

/** An event with what stands beside it in the log. */
export interface RoomEvent {
  eventId: string;
  roomId: string;
  version: RoomVersion;
  pdu: Pdu;
}

/** What only the moment of serving knows; each becomes a key of `unsigned`, absent ones leave no trace. */
export interface Serving {
  nowMs: number;
  /** Only for the user and device that sent the event. */
  transactionId?: string;
  /** The state event this one replaced; its content only when the reader may see it. */
  replaced?: { eventId: string; content?: JsonObject };
  /** The redaction of this event, in client format. */
  redactedBecause?: ClientEvent;
  /** The reader's membership after this event; absent when it is not to be told, `leave` when the reader has none. */
  membership?: Membership;
  /** Bundled aggregations. */
  relations?: JsonObject;
}

export interface ClientEvent {
  event_id: string;
  type: string;
  sender: string;
  origin_server_ts: number;
  content: JsonObject;
  state_key?: string;
  room_id?: string;
  redacts?: string;
  unsigned: JsonObject;
}

/** The event as a client gets it; the room id is there for every version's create event too. */
export function clientEvent(event: RoomEvent, serving: Serving): ClientEvent & { room_id: string } {
  const { pdu } = event;
  const redacts = pdu.type === 'm.room.redaction' ? redactsOf(pdu, event.version) : undefined;
  return {
    event_id: event.eventId,
    type: pdu.type,
    sender: pdu.sender,
    origin_server_ts: pdu.origin_server_ts,
    content: redacts === undefined ? pdu.content : { ...pdu.content, redacts },
    room_id: event.roomId,
    ...(pdu.state_key === undefined ? {} : { state_key: pdu.state_key }),
    ...(redacts === undefined ? {} : { redacts }),
    unsigned: unsignedOf(pdu, serving),
  };
}

/** As `clientEvent`, for places where the room is known from around it: sync and sliding sync. */
export function clientEventWithoutRoomId(event: RoomEvent, serving: Serving): ClientEvent {
  const { room_id: _roomId, ...rest } = clientEvent(event, serving);
  return rest;
}

/** What a filter with `event_format: federation` asks for: the stored event, its id beside it and `unsigned` as served. */
export function federationFormat(event: RoomEvent, serving: Serving): JsonObject {
  return { ...event.pdu, event_id: event.eventId, room_id: event.roomId, unsigned: unsignedOf(event.pdu, serving) };
}

function unsignedOf(pdu: Pdu, serving: Serving): JsonObject {
  const { transactionId, replaced, redactedBecause, membership, relations } = serving;
  const isState = pdu.state_key !== undefined;
  const found: JsonObject = {
    age: serving.nowMs - pdu.origin_server_ts,
    transaction_id: transactionId,
    prev_content: replaced?.content,
    replaces_state: replaced?.eventId,
    redacted_because: redactedBecause,
    membership,
    'm.relations': isState ? undefined : relations,
    invite_room_state: own(pdu.unsigned, 'invite_room_state'),
    knock_room_state: own(pdu.unsigned, 'knock_room_state'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
