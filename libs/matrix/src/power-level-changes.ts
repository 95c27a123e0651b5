import type { JsonObject } from './json-values.js';
import { isJsonObject, own } from './json-values.js';
import { LEVEL_KEYS } from './power-level-content.js';
import type { Level } from './power-levels.js';
import { integer } from './power-levels.js';

interface Change {
  key: string;
  before: Level | undefined;
  after: Level | undefined;
}

/**
 * The first change from `before` to `after` that a sender of level `own` may not make, or null. One may touch only
 * what is at or below the own level, raise nothing above it, and lower somebody else only from below it.
 *
 * @see Matrix specification, room version authorization rules for m.room.power_levels
 */
export function forbiddenLevelChange(
  before: JsonObject,
  after: JsonObject,
  sender: { userId: string; level: Level },
): string | null {
  const ranked = [
    ...changesIn(pickLevels(before), pickLevels(after)),
    ...changesIn(own(before, 'events'), own(after, 'events')),
    ...changesIn(own(before, 'notifications'), own(after, 'notifications')),
  ];
  const beyond = ranked.find((change) => isAbove(change.before, sender.level) || isAbove(change.after, sender.level));
  if (beyond !== undefined) return beyond.key;
  const users = changesIn(own(before, 'users'), own(after, 'users'));
  return users.find((change) => isForbiddenForUser(change, sender))?.key ?? null;
}

function isForbiddenForUser(change: Change, sender: { userId: string; level: Level }): boolean {
  const isOther = change.key !== sender.userId;
  if (isOther && change.before !== undefined && change.before >= sender.level) return true;
  return isAbove(change.after, sender.level);
}

function isAbove(level: Level | undefined, limit: Level): boolean {
  return level !== undefined && level > limit;
}

function pickLevels(content: JsonObject): JsonObject {
  return Object.fromEntries(LEVEL_KEYS.map((key) => [key, own(content, key)]));
}

/** Entries that differ between two maps of levels; what is not a map of integers counts as empty. */
function changesIn(before: unknown, after: unknown): Change[] {
  const keys = new Set([...keysOf(before), ...keysOf(after)]);
  return [...keys]
    .map((key) => ({ key, before: integer(own(before, key)), after: integer(own(after, key)) }))
    .filter((change) => change.before !== change.after);
}

function keysOf(map: unknown): string[] {
  return isJsonObject(map) ? Object.keys(map) : [];
}
