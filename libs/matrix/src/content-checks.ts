import { parseUserId } from './ids.js';
import type { JsonObject } from './json-values.js';
import { isJsonObject, own, ownString } from './json-values.js';
import { refuse } from './matrix.errors.js';
import { checkPowerLevelContent } from './power-level-content.js';
import { aclAdmits } from './server-acl.js';

export interface ContentContext {
  /** Null while the room is being created and its id is not known. */
  roomId: string | null;
  serverName: string;
  /** Creators above all power levels; empty below room version 12. */
  infiniteCreators: readonly string[];
}

const MAX_ANNOTATION_KEY_BYTES = 500;

type Check = (content: JsonObject, context: ContentContext) => void;

const BY_TYPE = new Map<string, Check>([
  ['m.room.create', () => bad('A room is created by creating it')],
  ['m.room.message', (content) => ['msgtype', 'body'].forEach((key) => requireString(content, key))],
  ['m.room.name', (content) => optionalString(content, 'name')],
  ['m.room.topic', (content) => optionalString(content, 'topic')],
  ['m.room.member', (content) => requireString(content, 'membership')],
  ['m.room.power_levels', (content, { infiniteCreators }) => checkPowerLevelContent(content, infiniteCreators)],
  ['m.room.server_acl', checkServerAcl],
  ['m.room.tombstone', checkTombstone],
]);

/**
 * What a client may not write whatever its power: the checks that need the content alone. That a related event
 * exists, and that an alias points here, is checked where the room's data is.
 *
 * @throws BAD_JSON       a shape that readers would choke on, or an ACL that shuts this server out
 * @throws INVALID_PARAM  a tombstone that names its own room, power levels that name a creator of version 12
 */
export function checkEventContent(type: string, content: JsonObject, context: ContentContext): void {
  BY_TYPE.get(type)?.(content, context);
  checkMentions(content);
  checkRelation(content);
}

function checkServerAcl(content: JsonObject, { serverName }: ContentContext): void {
  if (!aclAdmits(content, serverName)) bad('The ACL would shut this server out of the room');
}

function checkTombstone(content: JsonObject, { roomId }: ContentContext): void {
  if (roomId !== null && own(content, 'replacement_room') === roomId) {
    throw refuse('INVALID_PARAM', {}, 'A room cannot replace itself');
  }
}

function checkMentions(content: JsonObject): void {
  if (!Object.hasOwn(content, 'm.mentions')) return;
  const mentions = content['m.mentions'];
  if (!isJsonObject(mentions)) bad('m.mentions must be an object');
  const userIds = own(mentions, 'user_ids');
  const areIds = userIds === undefined || (Array.isArray(userIds) && userIds.every((id) => parseUserId(id) !== null));
  if (!areIds) bad('m.mentions.user_ids must be a list of user ids');
  const room = own(mentions, 'room');
  if (room !== undefined && typeof room !== 'boolean') bad('m.mentions.room must be a boolean');
}

function checkRelation(content: JsonObject): void {
  const relation = own(content, 'm.relates_to');
  if (!isJsonObject(relation)) return;
  for (const key of ['rel_type', 'event_id']) optionalString(relation, key);
  if (own(relation, 'rel_type') !== 'm.annotation') return;
  const sizeBytes = Buffer.byteLength(ownString(relation, 'key') ?? '');
  if (sizeBytes < 1 || sizeBytes > MAX_ANNOTATION_KEY_BYTES) bad('An annotation key is a string of 1 to 500 bytes');
}

function requireString(content: JsonObject, key: string): void {
  if (ownString(content, key) === undefined) bad(`${key} must be a string`);
}

function optionalString(content: JsonObject, key: string): void {
  if (own(content, key) !== undefined) requireString(content, key);
}

function bad(message: string): never {
  throw refuse('BAD_JSON', {}, message);
}
