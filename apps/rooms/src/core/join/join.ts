import { decideMembership, membershipOf, own, pickAuthoriser, roomsThatAllowJoin, serverOf } from '@ganglion/matrix';
import { memberContent, type Profile } from '../membership-content.js';
import { refuse } from '../refusals.js';
import { joinedMembers, type Room } from '../room.js';
import { accept, type Origin } from '../write/accept.js';
import type { Decision } from '../write/decision.js';

export interface Join {
  roomId: string;
  sender: string;
  isGuest: boolean;
  /** Body of the request; its keys go into the member event. */
  given: Record<string, unknown>;
  profile: Profile;
  /** Rooms that the sender is joined to, among those named by `roomsToAskAbout`. */
  joinedRooms: ReadonlySet<string>;
}

/** Rooms of which one may let the user in; empty when that does not matter, because the room is open or the user invited. */
export function roomsToAskAbout(room: Room, userId: string): string[] {
  const current = membershipOf(room.state, userId);
  if (current === 'join' || current === 'invite') return [];
  return roomsThatAllowJoin(room.state) ?? [];
}

/**
 * @throws ROOM_UNKNOWN (404), EVENT_DENIED, CANNOT_GRANT_JOIN, GUESTS_FORBIDDEN
 */
export function decideJoin(room: Room, join: Join, origin: Origin): Decision {
  const { version } = room;
  const { roomId, sender, given, profile } = join;
  if (!version) throw refuse('ROOM_UNKNOWN');
  const current = room.state.entry('m.room.member', sender);
  if (decideMembership('join', membershipOf(room.state, sender)) === 'none' && current) {
    return { events: [], existing: current.eventId };
  }
  if (join.isGuest) refuseGuest(room);
  const content = { ...memberContent('join', given, profile), ...authorisedBy(room, join, origin) };
  return {
    events: [accept(room, roomId, version, { type: 'm.room.member', stateKey: sender, sender, content }, origin)],
  };
}

/** @throws GUESTS_FORBIDDEN unless the room opens itself to guests */
export function refuseGuest(room: Room): void {
  const access = own(room.state.get('m.room.guest_access', '')?.content, 'guest_access');
  if (access !== 'can_join') throw refuse('GUESTS_FORBIDDEN');
}

/** Who on this server stands in for an invite to a restricted room; nothing where no invite is needed. */
function authorisedBy(room: Room, { sender, joinedRooms }: Join, { signer }: Origin): Record<string, string> {
  const current = membershipOf(room.state, sender);
  const conditions = roomsThatAllowJoin(room.state);
  if (conditions === null || current === 'invite' || !room.version) return {};
  if (!conditions.some((roomId) => joinedRooms.has(roomId))) throw refuse('NOT_LET_IN');
  const locals = joinedMembers(room).filter((userId) => serverOf(userId) === signer.serverName);
  return { join_authorised_via_users_server: pickAuthoriser(locals, room.state, room.version) };
}
