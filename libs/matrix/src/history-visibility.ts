import { ownString } from './json-values.js';
import type { Membership, Pdu, RoomState } from './pdu.js';

/** From closed to open. */
const VISIBILITIES = ['joined', 'invited', 'shared', 'world_readable'] as const;
export type HistoryVisibility = (typeof VISIBILITIES)[number];

/** The moment before or after an event, as far as one reader is concerned. */
export interface Sight {
  visibility: HistoryVisibility;
  /** The reader's membership; undefined when there never was one. */
  membership: Membership | undefined;
}

export interface SightOfEvent {
  /** The state before the event and with it applied; they differ only for the events named below. */
  before: Sight;
  after: Sight;
  /** The event is the reader's own m.room.member event. */
  isOwnMembership: boolean;
  /** The reader joined at some time after the event. */
  joinedLater: boolean;
}

/**
 * Whether a reader may see an event, for good: later leaves do not take it back, and events after the own leave are
 * judged by the membership `leave` at that time.
 * @see Client-Server API, "Server behaviour" of room history visibility
 */
export function maySee({ before, after, isOwnMembership, joinedLater }: SightOfEvent): boolean {
  if (isOwnMembership && isOwnDeparture(before.membership, after.membership)) return true;
  // An event that changes one of the two counts as the more permissive of before and after.
  const visibility = moreOpen(before.visibility, after.visibility);
  const isAt = (membership: Membership) =>
    after.membership === membership || (isOwnMembership && before.membership === membership);
  switch (visibility) {
    case 'world_readable':
      return true;
    case 'shared':
      return isAt('join') || joinedLater;
    case 'invited':
      return isAt('join') || isAt('invite');
    case 'joined':
      return isAt('join');
  }
}

/** What the room says now; `shared` when there is no event, or a value nobody knows. */
export function historyVisibilityOf(state: RoomState): HistoryVisibility {
  return historyVisibilityIn(state.get('m.room.history_visibility', ''));
}

/** What an m.room.history_visibility event says; `shared` when it is missing or says what nobody knows. */
export function historyVisibilityIn(event: Pdu | undefined): HistoryVisibility {
  const value = ownString(event?.content, 'history_visibility');
  return VISIBILITIES.find((known) => known === value) ?? 'shared';
}

function moreOpen(a: HistoryVisibility, b: HistoryVisibility): HistoryVisibility {
  return VISIBILITIES.indexOf(a) > VISIBILITIES.indexOf(b) ? a : b;
}

function isOwnDeparture(before: Membership | undefined, after: Membership | undefined): boolean {
  const hadPart = before === 'join' || before === 'invite' || before === 'knock';
  return hadPart && (after === 'leave' || after === 'ban');
}
