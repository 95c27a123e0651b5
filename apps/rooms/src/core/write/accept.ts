import type { EventPersisted, Membership } from '@ganglion/contracts';
import {
  authEventKeys,
  authorise,
  buildEvent,
  membershipIn,
  membershipOf,
  serverOf,
  type RoomVersion,
  type Signer,
} from '@ganglion/matrix';
import { refuse } from '../refusals.js';
import type { Room } from '../room.js';

/** An event as somebody wants it. */
export interface Draft {
  type: string;
  /** Absent on message events; may be empty. */
  stateKey?: string;
  sender: string;
  /** Taken over, not copied. */
  content: Record<string, unknown>;
  /** What is worth persisting beside the event, such as the state an invitee is shown. */
  unsigned?: Record<string, unknown>;
}

/** Where an event comes from. */
export interface Origin {
  nowMs: number;
  signer: Signer;
  txn: EventPersisted['data']['txn'];
  asId: string | null;
  /** Time to stand in the event; appservices may choose it. Absent: now. */
  originServerTs?: number;
}

/**
 * The next event of the room, built on its newest, if the room's rules allow it.
 * @param roomId  null for the create event of a version that derives the id from it
 * @throws BAD_JSON, TOO_LARGE, NAME_HAS_NUL  of the draft itself
 * @throws EVENT_DENIED  by the rules of the room; also for a room that does not exist
 */
export function accept(room: Room, roomId: string | null, version: RoomVersion, draft: Draft, origin: Origin) {
  const { type, stateKey, sender, content, unsigned } = draft;
  // Postgres keeps no NUL in a text, and no sensible name has one.
  if (type.includes('\0') || stateKey?.includes('\0')) throw refuse('NAME_HAS_NUL');
  const subject = { type, sender, content, ...(stateKey === undefined ? {} : { state_key: stateKey }) };
  const authEventIds = authEventKeys(subject, version).flatMap(
    ([authType, key]) => room.state.entry(authType, key)?.eventId ?? [],
  );
  const built = buildEvent(
    {
      version,
      roomId,
      sender,
      type,
      content,
      authEventIds,
      prevEvents: room.head ? [room.head] : [],
      originServerTs: origin.originServerTs ?? origin.nowMs,
      ...(stateKey === undefined ? {} : { stateKey }),
      ...(unsigned === undefined ? {} : { unsigned }),
    },
    origin.signer,
  );
  authorise(built.pdu, room.state, version);
  const data: EventPersisted['data'] = {
    roomId: built.roomId,
    roomVersion: version.id,
    eventId: built.eventId,
    pdu: built.pdu,
    receivedTs: origin.nowMs,
    roomIndex: room.index + 1,
    txn: origin.txn,
    asId: origin.asId,
    membership: membershipChange(room, built.pdu, origin.signer.serverName),
  };
  return { type: 'event.persisted', data } satisfies EventPersisted;
}

function membershipChange(
  { state }: Room,
  pdu: EventPersisted['data']['pdu'],
  serverName: string,
): EventPersisted['data']['membership'] {
  if (pdu.type !== 'm.room.member' || pdu.state_key === undefined) return null;
  const userId = pdu.state_key;
  return {
    userId,
    prev: membershipOf(state, userId) ?? null,
    // `authorise` lets only known memberships through.
    next: membershipIn(pdu) as Membership,
    local: serverOf(userId) === serverName,
  };
}
