import type { PresetName } from './create-room-presets.js';
import { PRESETS } from './create-room-presets.js';
import { parseUserId } from './ids.js';
import type { JsonObject } from './json-values.js';
import { isJsonObject, own } from './json-values.js';
import { refuse } from './matrix.errors.js';
import type { RoomVersion } from './room-version.js';
import { requireRoomVersion } from './room-version.js';

export interface CreateRoomRequest {
  visibility: 'public' | 'private';
  preset: PresetName;
  roomAliasName: string | undefined;
  name: string | undefined;
  topic: string | undefined;
  /** Valid user ids, each once. */
  invite: readonly string[];
  invite3pid: readonly JsonObject[];
  isDirect: boolean;
  creationContent: JsonObject;
  initialState: readonly { type: string; stateKey: string; content: JsonObject }[];
  powerLevelContentOverride: JsonObject;
}

/**
 * The room version a body of `POST /createRoom` asks for.
 * @throws BAD_JSON                  not a string
 * @throws ROOM_VERSION_UNSUPPORTED
 */
export function requestedRoomVersion(body: JsonObject, byDefault: RoomVersion): RoomVersion {
  const id = own(body, 'room_version');
  return isAbsent(id) ? byDefault : requireRoomVersion(id);
}

/**
 * The body of `POST /createRoom`, its types checked. A key with `null` counts as absent: some clients send those.
 * @throws BAD_JSON       a key of a wrong type, an unknown preset or visibility
 * @throws INVALID_PARAM  an invite of what is not a user id
 */
export function parseCreateRoom(body: JsonObject): CreateRoomRequest {
  const visibility = oneOf(body, 'visibility', ['public', 'private'] as const) ?? 'private';
  const preset = oneOf(body, 'preset', Object.keys(PRESETS) as PresetName[]);
  return {
    visibility,
    preset: preset ?? (visibility === 'public' ? 'public_chat' : 'private_chat'),
    roomAliasName: read(body, 'room_alias_name', isString),
    name: read(body, 'name', isString),
    topic: read(body, 'topic', isString),
    invite: invitees(read(body, 'invite', isListOf(isString)) ?? []),
    invite3pid: read(body, 'invite_3pid', isListOf(isJsonObject)) ?? [],
    isDirect: read(body, 'is_direct', isBoolean) ?? false,
    creationContent: read(body, 'creation_content', isJsonObject) ?? {},
    initialState: (read(body, 'initial_state', isListOf(isJsonObject)) ?? []).map(initialStateEvent),
    powerLevelContentOverride: read(body, 'power_level_content_override', isJsonObject) ?? {},
  };
}

function initialStateEvent(entry: JsonObject): CreateRoomRequest['initialState'][number] {
  const type = read(entry, 'type', isString);
  const content = read(entry, 'content', isJsonObject);
  if (type === undefined || content === undefined) throw refuse('BAD_JSON', {}, 'initial_state needs type and content');
  return { type, stateKey: read(entry, 'state_key', isString) ?? '', content };
}

function invitees(userIds: readonly string[]): string[] {
  if (userIds.some((userId) => parseUserId(userId) === null)) {
    throw refuse('INVALID_PARAM', {}, 'An invited user id is not valid');
  }
  return [...new Set(userIds)];
}

function read<T>(object: JsonObject, key: string, isOfType: (value: unknown) => value is T): T | undefined {
  const value = own(object, key);
  if (isAbsent(value)) return undefined;
  if (!isOfType(value)) throw refuse('BAD_JSON', {}, `${key} is of a wrong type`);
  return value;
}

function oneOf<T extends string>(body: JsonObject, key: string, allowed: readonly T[]): T | undefined {
  return read(body, key, (value): value is T => allowed.some((one) => one === value));
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isListOf<T>(isOfType: (value: unknown) => value is T) {
  return (value: unknown): value is T[] => Array.isArray(value) && value.every(isOfType);
}
