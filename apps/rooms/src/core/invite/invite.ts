import { decideMembership, membershipOf, strippedState, type Pdu } from '@ganglion/matrix';
import { memberContent, type Profile } from '../membership-content.js';
import type { Room } from '../room.js';
import { accept, type Draft, type Origin } from '../write/accept.js';
import { versionOf, type Decision } from '../write/decision.js';
import { sameState } from '../write/same-state.js';

export interface Invite {
  roomId: string;
  sender: string;
  /** Who is invited. */
  subject: string;
  reason?: string;
  /** Of the subject. */
  profile: Profile;
}

/**
 * @throws EVENT_DENIED   no power, not in the room, the subject is in it already
 * @throws TARGET_BANNED  (403 M_BAD_STATE)
 */
export function decideInvite(room: Room, invite: Invite, origin: Origin): Decision {
  const version = versionOf(room);
  const { roomId, sender, subject, reason, profile } = invite;
  const content = memberContent('invite', reason === undefined ? {} : { reason }, profile);
  const draft = withRoomShown(room, { type: 'm.room.member', stateKey: subject, sender, content });
  const isMember = membershipOf(room.state, sender) === 'join';
  // Who is not in the room learns nothing about the subject.
  if (isMember) decideMembership('invite', membershipOf(room.state, subject));
  const event = accept(room, roomId, version, draft, origin);
  const same = sameState(room, draft);
  return same ? { events: [], existing: same.eventId } : { events: [event] };
}

/** An invite carries what the invitee is shown of the room before joining. */
export function withRoomShown(room: Room, draft: Draft): Draft {
  const { type, sender, content, stateKey } = draft;
  const member = { type, sender, content, state_key: stateKey } as Pdu;
  const shown = strippedState(room.state, member).filter(
    (event) => event.state_key !== stateKey || event.type !== type,
  );
  return { ...draft, unsigned: { invite_room_state: shown } };
}
