import type { EventId, RoomId } from '@ganglion/kernel';

import { canonicalSizeBytes } from './canonical-json.js';
import { contentHash, eventIdOf, roomIdOfCreate } from './event-hash.js';
import { fitsIdLimit } from './ids.js';
import type { JsonObject } from './json-values.js';
import { ownString } from './json-values.js';
import { refuse } from './matrix.errors.js';
import type { Pdu } from './pdu.js';
import type { RoomVersion } from './room-version.js';
import type { SigningKey } from './signing.js';
import { signEvent } from './signing.js';

/** Largest event, as canonical JSON with everything that is stored. */
export const MAX_EVENT_BYTES = 65_536;
export const MAX_PREV_EVENTS = 20;
export const MAX_AUTH_EVENTS = 10;

export interface EventDraft {
  version: RoomVersion;
  /** Null for the create event of a version that derives the room id from it. */
  roomId: string | null;
  sender: string;
  type: string;
  /** Absent on message events; may be empty. */
  stateKey?: string;
  content: JsonObject;
  prevEvents: readonly { eventId: string; depth: number }[];
  authEventIds: readonly string[];
  originServerTs: number;
  unsigned?: JsonObject;
}

export interface Signer {
  serverName: string;
  key: SigningKey;
}

export interface BuiltEvent {
  pdu: Pdu;
  eventId: EventId;
  roomId: RoomId;
  /** Size of `pdu` as canonical JSON. */
  sizeBytes: number;
}

/**
 * Hashes and, with a signer, signs one event. The draft's content is taken over, not copied: it must not be changed
 * afterwards. In a redaction, `redacts` may stand in the content in every room version; it ends up where the version wants it.
 *
 * @throws BAD_JSON   content without canonical form
 * @throws TOO_LARGE  over 65,536 bytes, or type, state key, sender or room id over 255 bytes
 */
export function buildEvent(draft: EventDraft, signer?: Signer): BuiltEvent {
  checkLengths(draft);
  const { version } = draft;
  const unhashed = placeRedacts(envelope(draft), version);
  const pdu: Pdu = { ...unhashed, hashes: { sha256: contentHash(unhashed) } };
  if (signer !== undefined) pdu.signatures = signEvent(pdu, version, signer.serverName, signer.key);
  const sizeBytes = canonicalSizeBytes(pdu);
  if (sizeBytes > MAX_EVENT_BYTES) throw refuse('TOO_LARGE', {}, 'Event too large');
  const roomId = (draft.roomId ?? roomIdOfCreate(pdu, version)) as RoomId;
  return { pdu, eventId: eventIdOf(pdu, version), roomId, sizeBytes };
}

/** One more than the deepest of the events before; at the end of the integers it stays. */
export function depthAfter(prevEvents: readonly { depth: number }[]): number {
  const deepest = Math.max(0, ...prevEvents.map(({ depth }) => depth));
  return Math.min(deepest + 1, Number.MAX_SAFE_INTEGER);
}

function envelope(draft: EventDraft): Omit<Pdu, 'hashes'> {
  const { roomId, stateKey, unsigned, prevEvents, authEventIds } = draft;
  if (prevEvents.length > MAX_PREV_EVENTS || authEventIds.length > MAX_AUTH_EVENTS) {
    throw new RangeError('an event has at most 20 prev_events and 10 auth_events');
  }
  return {
    type: draft.type,
    sender: draft.sender,
    ...(roomId === null ? {} : { room_id: roomId }),
    ...(stateKey === undefined ? {} : { state_key: stateKey }),
    content: draft.content,
    origin_server_ts: draft.originServerTs,
    depth: depthAfter(prevEvents),
    prev_events: prevEvents.map(({ eventId }) => eventId),
    auth_events: [...authEventIds],
    ...(unsigned === undefined ? {} : { unsigned }),
  };
}

function placeRedacts(event: Omit<Pdu, 'hashes'>, version: RoomVersion): Omit<Pdu, 'hashes'> {
  const redacts = ownString(event.content, 'redacts');
  if (event.type !== 'm.room.redaction' || version.redactsInContent || redacts === undefined) return event;
  const { redacts: _lifted, ...content } = event.content;
  return { ...event, content, redacts };
}

function checkLengths({ type, stateKey, sender, roomId }: EventDraft): void {
  for (const [name, text] of Object.entries({ type, state_key: stateKey, sender, room_id: roomId })) {
    if (typeof text === 'string' && !fitsIdLimit(text)) throw refuse('TOO_LARGE', {}, `${name} is over 255 bytes`);
  }
}
