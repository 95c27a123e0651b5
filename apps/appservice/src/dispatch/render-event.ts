import type { EventPersisted } from '@ganglion/contracts';
import { clientEvent, DEFAULT_ROOM_VERSION, ROOM_VERSIONS, roomVersion } from '@ganglion/matrix';

type Json = Record<string, unknown>;

/** What older bridges read on the top level. */
const LEGACY_FROM_UNSIGNED = [
  'age',
  'prev_content',
  'replaces_state',
  'redacted_because',
  'invite_room_state',
  'knock_room_state',
];

/** The event in client format with `room_id`, as of no particular moment: its age is told when it is put in a transaction. */
export function renderForAppservice({ pdu, eventId, roomId, roomVersion: id, replaced }: EventPersisted['data']): Json {
  // A version that a newer rooms service knows: it decides no more here than where `redacts` stands.
  const version = roomVersion(id) ?? ROOM_VERSIONS[DEFAULT_ROOM_VERSION];
  return { ...clientEvent({ eventId, roomId, version, pdu }, { nowMs: pdu.origin_server_ts, replaced }) };
}

/**
 * Adds how old the event is, ms, and for appservices that read them there the old top-level fields.
 * @param json  of `renderForAppservice`
 */
export function finishEvent(json: string, nowMs: number, legacyFields: boolean): string {
  const event = JSON.parse(json) as Json & { origin_server_ts: number; unsigned: Json };
  event.unsigned['age'] = Math.max(0, nowMs - event.origin_server_ts);
  if (legacyFields) {
    event['user_id'] = event['sender'];
    for (const field of LEGACY_FROM_UNSIGNED) {
      if (Object.hasOwn(event.unsigned, field)) event[field] = event.unsigned[field];
    }
  }
  return JSON.stringify(event);
}
