import type { EventPersisted } from '@ganglion/contracts';

type Json = Record<string, unknown>;

/** Says who is looking or is put in anew at each rendering: nothing for an appservice. */
const NOT_FOR_APPSERVICES = ['membership', 'transaction_id', 'age', 'age_ts'];
/** What older bridges read on the top level. */
const LEGACY_FROM_UNSIGNED = [
  'age',
  'prev_content',
  'replaces_state',
  'redacted_because',
  'invite_room_state',
  'knock_room_state',
];

/** The event in client format with `room_id`, without `age`, which is told when it is put in a transaction. */
export function renderForAppservice({ pdu, eventId, roomId }: EventPersisted['data']): Json {
  const unsigned = Object.fromEntries(
    Object.entries(pdu.unsigned ?? {}).filter(([key]) => !NOT_FOR_APPSERVICES.includes(key)),
  );
  const redacts = pdu.redacts ?? (pdu.type === 'm.room.redaction' ? pdu.content['redacts'] : undefined);
  return {
    event_id: eventId,
    room_id: roomId,
    type: pdu.type,
    sender: pdu.sender,
    origin_server_ts: pdu.origin_server_ts,
    ...(pdu.state_key === undefined ? {} : { state_key: pdu.state_key }),
    content: redacts === undefined ? pdu.content : { ...pdu.content, redacts },
    ...(redacts === undefined ? {} : { redacts }),
    unsigned,
  };
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
