import type { JsonObject } from './json-values.js';
import { own, ownString } from './json-values.js';
import type { RoomState } from './pdu.js';
import type { RoomVersion } from './room-version.js';

/** Named levels and what they are when neither the event nor its key exists. */
const DEFAULTS = { ban: 50, invite: 0, kick: 50, redact: 50 } as const;
const STATE_DEFAULT = 50;
const EVENTS_DEFAULT = 0;
const NOTIFICATION_DEFAULT = 50;
/** What the creator has in a room without a power levels event, below version 12. */
const CREATOR_DEFAULT = 100;

/** A power level; `Infinity` for the creators of a version-12 room, integers otherwise. */
export type Level = number;

/** Who may do what in a room, read from its create and power levels events. */
export interface PowerLevels {
  ofUser(userId: string): Level;
  /** Needed to send an event of this type. */
  toSend(type: string, isState: boolean): Level;
  toAct(action: keyof typeof DEFAULTS): Level;
  /** Needed to notify with this key (`room` for @room). */
  toNotify(key: string): Level;
}

/** The creators: below version 12 one user, from 12 on the sender of the create event and its `additional_creators`. */
export function creatorsOf(state: RoomState, version: RoomVersion): string[] {
  const create = state.get('m.room.create', '');
  if (create === undefined) return [];
  if (version.creatorInContent) return [ownString(create.content, 'creator') ?? create.sender];
  return version.creatorsHaveInfinitePower ? [create.sender, ...additionalCreators(create.content)] : [create.sender];
}

/** The user ids in `additional_creators`; an empty list when it is absent or of another shape. */
export function additionalCreators(createContent: JsonObject): string[] {
  const listed = own(createContent, 'additional_creators');
  return Array.isArray(listed) ? listed.filter((id) => typeof id === 'string') : [];
}

/** Total: a key of a wrong type counts as absent, so no content a room may hold makes this throw. */
export function powerLevelsOf(state: RoomState, version: RoomVersion): PowerLevels {
  const event = state.get('m.room.power_levels', '');
  const creators = creatorsOf(state, version);
  const content = event?.content;
  const top = (key: string, fallback: Level): Level => integer(own(content, key)) ?? fallback;
  const nested = (map: string, key: string): Level | undefined => integer(own(own(content, map), key));
  return {
    ofUser: (userId) => {
      if (version.creatorsHaveInfinitePower && creators.includes(userId)) return Infinity;
      if (event === undefined)
        return creators.includes(userId) && !version.creatorsHaveInfinitePower ? CREATOR_DEFAULT : 0;
      return nested('users', userId) ?? top('users_default', 0);
    },
    toSend: (type, isState) =>
      nested('events', type) ?? (isState ? top('state_default', STATE_DEFAULT) : top('events_default', EVENTS_DEFAULT)),
    toAct: (action) => top(action, DEFAULTS[action]),
    toNotify: (key) => nested('notifications', key) ?? NOTIFICATION_DEFAULT,
  };
}

/** The value as a level, or undefined when it is not an integer in the canonical range. */
export function integer(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
