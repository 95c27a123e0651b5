import type { JsonObject } from './json-values.js';
import { isJsonObject, own } from './json-values.js';
import type { RoomVersion } from './room-version.js';

type Table = RoomVersion['redactionTable'];

const TOP_LEVEL_V11 = [
  'event_id',
  'type',
  'room_id',
  'sender',
  'state_key',
  'content',
  'hashes',
  'signatures',
  'depth',
  'prev_events',
  'auth_events',
  'origin_server_ts',
];
const TOP_LEVEL: Record<Table, string[]> = {
  v9: [...TOP_LEVEL_V11, 'origin', 'membership', 'prev_state'],
  v11: TOP_LEVEL_V11,
};

const POWER_LEVELS_V9 = [
  'ban',
  'events',
  'events_default',
  'kick',
  'redact',
  'state_default',
  'users',
  'users_default',
];

/** Content keys kept, by event type; a Map because types are chosen by clients. `m.room.create` of v11 keeps all. */
const CONTENT: Record<Table, Map<string, string[]>> = {
  v9: new Map([
    ['m.room.member', ['membership', 'join_authorised_via_users_server']],
    ['m.room.create', ['creator']],
    ['m.room.join_rules', ['join_rule', 'allow']],
    ['m.room.power_levels', POWER_LEVELS_V9],
    ['m.room.history_visibility', ['history_visibility']],
  ]),
  v11: new Map([
    ['m.room.member', ['membership', 'join_authorised_via_users_server']],
    ['m.room.join_rules', ['join_rule', 'allow']],
    ['m.room.power_levels', [...POWER_LEVELS_V9, 'invite']],
    ['m.room.history_visibility', ['history_visibility']],
    ['m.room.redaction', ['redacts']],
  ]),
};

/**
 * The event with everything gone that is not needed to keep the room working. Neither the event id nor whether
 * the event is allowed changes by it. The argument is left as it is.
 *
 * @see Matrix specification, "Redactions" of the room version
 */
export function redact<E extends { type: string; content: JsonObject }>(event: E, version: RoomVersion): E {
  const kept = pick(event, TOP_LEVEL[version.redactionTable]);
  kept['content'] = redactContent(event.type, event.content, version);
  return kept as E;
}

/** The content that stays of an event of this type; a new object. */
export function redactContent(type: string, content: JsonObject, version: RoomVersion): JsonObject {
  const table = version.redactionTable;
  if (table === 'v11' && type === 'm.room.create') return { ...content };
  const kept = pick(content, CONTENT[table].get(type) ?? []);
  if (table === 'v11' && type === 'm.room.member') keepSignedThirdPartyInvite(content, kept);
  return kept;
}

function keepSignedThirdPartyInvite(content: JsonObject, kept: JsonObject): void {
  const invite = own(content, 'third_party_invite');
  if (isJsonObject(invite)) kept['third_party_invite'] = pick(invite, ['signed']);
}

function pick(object: object, keys: readonly string[]): JsonObject {
  const kept: JsonObject = {};
  for (const key of keys) if (Object.hasOwn(object, key)) kept[key] = (object as JsonObject)[key];
  return kept;
}
