import { ownString } from './json-values.js';
import { deny, refuse } from './matrix.errors.js';
import type { Pdu, RoomState } from './pdu.js';
import { powerLevelsOf } from './power-levels.js';
import type { RoomVersion } from './room-version.js';

/** What a room cannot do without: even who may redact all else may not redact these. */
const NEVER_REDACTED = new Set(['m.room.create', 'm.room.server_acl']);

/** The id of the event that a redaction names, wherever its room version puts it. */
export function redactsOf(redaction: Pdu, version: RoomVersion): string | undefined {
  return version.redactsInContent ? ownString(redaction.content, 'redacts') : redaction.redacts;
}

/**
 * Whether `sender` may redact `target`, beyond being allowed to send redactions at all (`authorise`).
 *
 * @param target  the named event, undefined when this server has none of that id
 * @param roomId  of the room in which the redaction is sent
 * @throws REDACTION_TARGET_UNKNOWN
 * @throws INVALID_PARAM  the target is in another room
 * @throws EVENT_DENIED   an event that stays, or somebody else's without the `redact` level
 */
export function checkRedaction(
  { sender, roomId }: { sender: string; roomId: string },
  target: { pdu: Pdu; roomId: string } | undefined,
  state: RoomState,
  version: RoomVersion,
): void {
  if (target === undefined) throw refuse('REDACTION_TARGET_UNKNOWN');
  if (target.roomId !== roomId) throw refuse('INVALID_PARAM', {}, 'The event is in another room');
  if (NEVER_REDACTED.has(target.pdu.type)) throw deny('Events of this type cannot be redacted');
  if (target.pdu.sender === sender) return;
  const levels = powerLevelsOf(state, version);
  if (levels.ofUser(sender) < levels.toAct('redact')) throw deny("You may not redact other people's events");
}
