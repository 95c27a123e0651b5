import type { RoomAlias } from '@ganglion/kernel';

import { checkEventContent } from './content-checks.js';
import type { CreateRoomRequest } from './create-room-request.js';
import { PRESETS, generatedPowerLevels } from './create-room-presets.js';
import { isUserIdList } from './authorise-create.js';
import { parseAlias } from './ids.js';
import type { JsonObject } from './json-values.js';
import { isJsonObject, own } from './json-values.js';
import { refuse } from './matrix.errors.js';
import { additionalCreators } from './power-levels.js';
import type { RoomVersion } from './room-version.js';

export interface PlannedEvent {
  type: string;
  stateKey: string;
  content: JsonObject;
}

export interface Profile {
  displayname?: string;
  avatar_url?: string;
}

export interface RoomCreator {
  userId: string;
  serverName: string;
  /** Global profile of any local user; nothing for those who have none. */
  profileOf(userId: string): Profile | undefined;
}

export interface RoomPlan {
  version: RoomVersion;
  /** To be reserved before the batch and released if it fails. */
  alias: RoomAlias | null;
  /** Whether the room goes to the public list. */
  published: boolean;
  /** In the order of appending; the first is the create event, the second the creator's join. */
  events: PlannedEvent[];
  /** To be turned into invites or m.room.third_party_invite events by whoever talks to identity servers. */
  invite3pid: readonly JsonObject[];
}

/**
 * What `POST /createRoom` appends, as one batch. Whether the room's rules allow each event is not decided here:
 * the caller authorises them one after the other over the growing state.
 *
 * @throws BAD_JSON       content of a wrong shape
 * @throws INVALID_PARAM  a bad alias or user id, `users` that leave the creator out (name it, in version 12)
 * @see    Client-Server API, "Creation"
 */
export function planRoom(request: CreateRoomRequest, version: RoomVersion, creator: RoomCreator): RoomPlan {
  const alias = request.roomAliasName === undefined ? null : aliasOf(request.roomAliasName, creator.serverName);
  const create = createContent(request, version, creator);
  const levels = powerLevelContent(request, version, creator);
  const stateEvents = configuredState(request, alias, levels);
  const infiniteCreators = version.creatorsHaveInfinitePower ? [creator.userId, ...additionalCreators(create)] : [];
  const context = { roomId: null, serverName: creator.serverName, infiniteCreators };
  for (const { type, content } of stateEvents) checkEventContent(type, content, context);
  const events = [
    state('m.room.create', create),
    member(creator.userId, { membership: 'join' }, creator),
    ...stateEvents,
    ...request.invite.map((userId) => invitation(userId, request.isDirect, creator)),
  ];
  return { version, alias, published: request.visibility === 'public', events, invite3pid: request.invite3pid };
}

function createContent(request: CreateRoomRequest, version: RoomVersion, creator: RoomCreator): JsonObject {
  const { room_version: _version, creator: _creator, ...asked } = request.creationContent;
  const content: JsonObject = { ...asked, room_version: version.id };
  if (version.creatorInContent) content['creator'] = creator.userId;
  if (!version.creatorsHaveInfinitePower) return content;
  const listed = own(asked, 'additional_creators');
  if (listed !== undefined && !isUserIdList(listed)) {
    throw refuse('INVALID_PARAM', {}, 'additional_creators must be a list of user ids');
  }
  const invited = PRESETS[request.preset].trustsInvitees ? request.invite : [];
  const creators = new Set([...(listed ?? []), ...invited]);
  return creators.size > 0 ? { ...content, additional_creators: [...creators] } : content;
}

function powerLevelContent(request: CreateRoomRequest, version: RoomVersion, creator: RoomCreator): JsonObject {
  const override = request.powerLevelContentOverride;
  const users = own(override, 'users');
  if (!version.creatorsHaveInfinitePower && isJsonObject(users) && !Object.hasOwn(users, creator.userId)) {
    throw refuse('INVALID_PARAM', {}, 'users must list the creator of the room');
  }
  return { ...generatedPowerLevels(request.preset, version, creator.userId, request.invite), ...override };
}

/**
 * Power levels, alias, preset, initial state, name and topic in this order. An entry of the initial state takes the
 * place of the default of its key; only power levels keep their early place, since they rule what follows.
 */
function configuredState(request: CreateRoomRequest, alias: string | null, levels: JsonObject): PlannedEvent[] {
  const { joinRule, historyVisibility, guestAccess } = PRESETS[request.preset];
  const initial = new Map(request.initialState.map((event) => [keyOf(event), event]));
  const overridden = (event: PlannedEvent) => initial.has(keyOf(event));
  const powerLevels = state('m.room.power_levels', levels);
  const givenLevels = initial.get(keyOf(powerLevels));
  initial.delete(keyOf(powerLevels));
  const defaults = [
    ...(alias === null ? [] : [state('m.room.canonical_alias', { alias })]),
    state('m.room.join_rules', { join_rule: joinRule }),
    state('m.room.history_visibility', { history_visibility: historyVisibility }),
    state('m.room.guest_access', { guest_access: guestAccess }),
  ].filter((event) => !overridden(event));
  const named = [
    ...(request.name === undefined ? [] : [state('m.room.name', { name: request.name })]),
    ...(request.topic === undefined ? [] : [state('m.room.topic', topicContent(request.topic))]),
  ];
  for (const event of named) initial.delete(keyOf(event));
  return [givenLevels ?? powerLevels, ...defaults, ...initial.values(), ...named];
}

/** The topic in both the old and the extensible form. */
export function topicContent(topic: string): JsonObject {
  return { topic, 'm.topic': { 'm.text': [{ body: topic }] } };
}

function invitation(userId: string, isDirect: boolean, creator: RoomCreator): PlannedEvent {
  return member(userId, { membership: 'invite', ...(isDirect ? { is_direct: true } : {}) }, creator);
}

function member(userId: string, content: JsonObject, creator: RoomCreator): PlannedEvent {
  return { type: 'm.room.member', stateKey: userId, content: { ...creator.profileOf(userId), ...content } };
}

function state(type: string, content: JsonObject): PlannedEvent {
  return { type, stateKey: '', content };
}

function keyOf({ type, stateKey }: PlannedEvent): string {
  return JSON.stringify([type, stateKey]);
}

function aliasOf(localpart: string, serverName: string): RoomAlias {
  const alias = localpart.includes(':') ? null : parseAlias(`#${localpart}:${serverName}`);
  if (alias === null) throw refuse('INVALID_PARAM', {}, 'Not a valid room alias name');
  return alias;
}
