import { checkRedaction, type Pdu } from '@ganglion/matrix';
import { refuse } from '../refusals.js';
import type { Room } from '../room.js';
import type { Draft, Origin } from '../write/accept.js';
import { checkContent, decideOne, versionOf, type Decision } from '../write/decision.js';

export interface SendEvent {
  roomId: string;
  /** Without a state key. */
  draft: Draft;
  /** Only of redactions: the event that is to be redacted, undefined when this server has none of that id. */
  redacted?: { target: { pdu: Pdu; roomId: string } | undefined };
  /** Only of events that relate to another one. */
  related?: { isInRoom: boolean };
}

/**
 * @throws what the content checks and the rules of the room refuse; REDACTION_TARGET_UNKNOWN (404)
 * @throws RELATION_UNKNOWN (400 M_UNKNOWN)
 */
export function decideSendEvent(room: Room, command: SendEvent, origin: Origin): Decision {
  const { roomId, draft, redacted, related } = command;
  checkContent(room, roomId, draft, origin);
  const decision = decideOne(room, roomId, draft, origin);
  if (redacted) checkRedaction({ sender: draft.sender, roomId }, redacted.target, room.state, versionOf(room));
  if (related && !related.isInRoom) throw refuse('RELATION_UNKNOWN');
  return decision;
}
