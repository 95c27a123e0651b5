import { decideMembership, membershipOf } from '@ganglion/matrix';
import { refuse } from '../refusals.js';
import type { Room } from '../room.js';
import type { Origin } from '../write/accept.js';
import { decideOne, type Decision } from '../write/decision.js';

export interface Leave {
  roomId: string;
  sender: string;
  reason?: string;
}

/** Leaves, rejects an invite, retracts a knock. @throws ROOM_UNKNOWN; EVENT_DENIED when there is nothing to leave */
export function decideLeave(room: Room, { roomId, sender, reason }: Leave, origin: Origin): Decision {
  if (!room.version) throw refuse('ROOM_UNKNOWN');
  decideMembership('leave', membershipOf(room.state, sender));
  const content = { ...(reason === undefined ? {} : { reason }), membership: 'leave' };
  return decideOne(room, roomId, { type: 'm.room.member', stateKey: sender, sender, content }, origin);
}
