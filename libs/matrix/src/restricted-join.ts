import { parseRoomId } from './ids.js';
import { own } from './json-values.js';
import { refuse } from './matrix.errors.js';
import type { RoomState } from './pdu.js';
import { powerLevelsOf } from './power-levels.js';
import { joinRuleOf } from './room-state.js';
import type { RoomVersion } from './room-version.js';

/**
 * The rooms of which one is enough to be let in; null when the room is not restricted. Conditions of a wrong shape
 * or of an unknown type are passed over, so that the list may be empty: then nobody is let in this way.
 */
export function roomsThatAllowJoin(state: RoomState): string[] | null {
  const rule = joinRuleOf(state);
  if (rule !== 'restricted' && rule !== 'knock_restricted') return null;
  const allow = own(state.get('m.room.join_rules', '')?.content, 'allow');
  if (!Array.isArray(allow)) return [];
  return allow
    .filter((condition) => own(condition, 'type') === 'm.room_membership')
    .map((condition) => parseRoomId(own(condition, 'room_id')))
    .filter((roomId) => roomId !== null);
}

/**
 * Who stands in for the invite of a restricted join: the highest-powered of the joined local users, creators first;
 * between equals the one whose id comes first, so that the choice does not depend on the order of the list.
 *
 * @param joinedLocalUsers  user ids of this server that are joined to the room
 * @throws CANNOT_GRANT_JOIN  none of them may invite
 */
export function pickAuthoriser(joinedLocalUsers: Iterable<string>, state: RoomState, version: RoomVersion): string {
  const levels = powerLevelsOf(state, version);
  let best: { userId: string; level: number } | undefined;
  for (const userId of joinedLocalUsers) {
    const level = levels.ofUser(userId);
    const isBetter = !best || level > best.level || (level === best.level && userId < best.userId);
    if (isBetter) best = { userId, level };
  }
  if (best === undefined || best.level < levels.toAct('invite')) throw refuse('CANNOT_GRANT_JOIN');
  return best.userId;
}
