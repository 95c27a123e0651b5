import { listsCreator, powerLevelShapeFault } from './power-level-content.js';
import { forbiddenLevelChange } from './power-level-changes.js';
import { authoriseCreate, checkRoomOfCreate } from './authorise-create.js';
import { authoriseMember } from './authorise-member.js';
import { serverOf } from './ids.js';
import { own } from './json-values.js';
import { deny, refuse } from './matrix.errors.js';
import type { Pdu, RoomState } from './pdu.js';
import type { PowerLevels } from './power-levels.js';
import { creatorsOf, powerLevelsOf } from './power-levels.js';
import { membershipOf } from './room-state.js';
import type { RoomVersion } from './room-version.js';

/**
 * Whether the room, in the state before `event`, allows it: checks A1 to A10 of versions 10, 11 and 12. Returns if so.
 * Shape is judged only as far as the rules do; content checks for clients come before (`checkEventContent`).
 *
 * Total: whatever JSON the event and the state contain, nothing but a refusal is thrown.
 *
 * @param state  before the event; for a create event the empty state
 * @throws EVENT_DENIED  not allowed
 * @throws BAD_JSON      a second create event, or content that has no canonical form
 * @see    Matrix specification, room version "Authorization rules"
 */
export function authorise(event: Pdu, state: RoomState, version: RoomVersion): void {
  const create = state.get('m.room.create', '');
  if (event.type === 'm.room.create') {
    if (create !== undefined) throw refuse('BAD_JSON', {}, 'A room is created once');
    return authoriseCreate(event, version);
  }
  if (create === undefined) throw deny('The room does not exist');
  checkRoomOfCreate(event, create, version);
  checkFederation(event, create);
  const levels = powerLevelsOf(state, version);
  if (event.type === 'm.room.member') return authoriseMember({ event, state, version, create, levels });
  authoriseOther(event, state, version, levels);
}

/** A5 to A10. */
function authoriseOther(event: Pdu, state: RoomState, version: RoomVersion, levels: PowerLevels): void {
  if (membershipOf(state, event.sender) !== 'join') throw deny('You are not in this room');
  const senderLevel = levels.ofUser(event.sender);
  if (event.type === 'm.room.third_party_invite') {
    if (senderLevel < levels.toAct('invite')) throw deny('Your power level does not allow invites');
    return;
  }
  if (senderLevel < levels.toSend(event.type, event.state_key !== undefined)) {
    throw deny('Your power level does not allow events of this type');
  }
  if (event.state_key?.startsWith('@') && event.state_key !== event.sender) {
    throw deny('A state key that is a user id is reserved for that user');
  }
  if (event.type === 'm.room.power_levels') authorisePowerLevels(event, state, version, senderLevel);
}

/** A9. */
function authorisePowerLevels(event: Pdu, state: RoomState, version: RoomVersion, senderLevel: number): void {
  const fault = powerLevelShapeFault(event.content);
  if (fault !== null) throw deny(fault);
  if (version.creatorsHaveInfinitePower && listsCreator(event.content, creatorsOf(state, version))) {
    throw deny('Creators of this room cannot be listed in its power levels');
  }
  const current = state.get('m.room.power_levels', '');
  if (current === undefined) return;
  const sender = { userId: event.sender, level: senderLevel };
  const forbidden = forbiddenLevelChange(current.content, event.content, sender);
  if (forbidden !== null) throw deny('Your power level does not allow this change of power levels');
}

/** A3. */
function checkFederation(event: Pdu, create: Pdu): void {
  if (own(create.content, 'm.federate') !== false) return;
  if (serverOf(event.sender) !== serverOf(create.sender)) throw deny('This room does not federate');
}
