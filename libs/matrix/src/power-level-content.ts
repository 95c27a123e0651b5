import { parseUserId } from './ids.js';
import type { JsonObject } from './json-values.js';
import { isJsonObject, own } from './json-values.js';
import { refuse } from './matrix.errors.js';
import { integer } from './power-levels.js';

/** The levels at the top of the content. */
export const LEVEL_KEYS = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const;

/** The maps from a key to a level. */
export const LEVEL_MAPS = ['events', 'notifications', 'users'] as const;

/**
 * What is wrong with the shape of power levels content, or null: levels are integers in the canonical range, `users`
 * has valid user ids for keys. Keys it does not know are left alone.
 */
export function powerLevelShapeFault(content: JsonObject): string | null {
  for (const key of LEVEL_KEYS) {
    if (Object.hasOwn(content, key) && integer(content[key]) === undefined) return `${key} must be an integer`;
  }
  for (const name of LEVEL_MAPS) {
    if (!Object.hasOwn(content, name)) continue;
    const map = content[name];
    if (!isJsonObject(map)) return `${name} must be an object`;
    if (Object.values(map).some((level) => integer(level) === undefined)) return `${name} must map to integers`;
  }
  const users = own(content, 'users');
  const isValid = !isJsonObject(users) || Object.keys(users).every((id) => parseUserId(id) !== null);
  return isValid ? null : 'users must have user ids for keys';
}

/** Whether one of the creators is listed under `users`, which a version-12 room forbids. */
export function listsCreator(content: JsonObject, creators: readonly string[]): boolean {
  const users = own(content, 'users');
  return isJsonObject(users) && creators.some((creator) => Object.hasOwn(users, creator));
}

/**
 * The check when a client writes power levels, before the auth rules.
 * @param infiniteCreators  creators above all levels; empty below room version 12
 * @throws BAD_JSON       a level that is not an integer in range, strings included, or a wrong shape
 * @throws INVALID_PARAM  `users` names one of `infiniteCreators`
 */
export function checkPowerLevelContent(content: JsonObject, infiniteCreators: readonly string[]): void {
  const fault = powerLevelShapeFault(content);
  if (fault !== null) throw refuse('BAD_JSON', {}, fault);
  if (listsCreator(content, infiniteCreators)) {
    throw refuse('INVALID_PARAM', {}, 'Creators of this room stand above all power levels and cannot be listed');
  }
}
