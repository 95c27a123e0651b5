import type { EventPersisted } from '@ganglion/contracts';
import type { InterestMatcher } from './interest-matcher.js';
import type { RoomInterest } from './room-interest.js';

type Persisted = EventPersisted['data'];

/**
 * Appservices that shall receive the event: its sender or, for a membership, its subject is theirs, or the room is, as
 * it stands immediately after the event.
 * @param room  counters of the event's room after the event
 * @returns each once
 */
export function interestedIn(event: Persisted, matcher: InterestMatcher, room: RoomInterest): Set<string> {
  const { pdu, roomId } = event;
  const interested = new Set(matcher.users(pdu.sender));
  if (pdu.type === 'm.room.member' && typeof pdu.state_key === 'string') {
    addAll(interested, matcher.users(pdu.state_key));
  }
  addAll(interested, matcher.rooms(roomId));
  addAll(interested, room.interested());
  return interested;
}

/** An appservice that asked not to hear itself does not get what was sent with its token, except memberships. */
export function isUnwantedEcho(event: Persisted, asId: string, matcher: InterestMatcher): boolean {
  return event.asId === asId && event.pdu.type !== 'm.room.member' && matcher.suppressesEcho(asId);
}

function addAll(set: Set<string>, items: Iterable<string>): void {
  for (const item of items) set.add(item);
}
