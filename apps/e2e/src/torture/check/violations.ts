import type { Facts, History, LogRow, Violation } from '../history.js';

/** One thing that must hold of every run. Pure: a history and what the system held afterwards in, what is wrong out. */
export type Check = (history: History, facts: Facts) => Violation[];

/** Rows of one room's events in the order of the log. */
export type RoomRows = ReadonlyMap<string, readonly LogRow[]>;

export const persisted = (facts: Facts): LogRow[] =>
  facts.logs.rooms.rows.filter(({ type }) => type === 'event.persisted');

export const eventIdOf = ({ data }: LogRow): string => data['eventId'] as string;
export const roomIdOf = ({ data }: LogRow): string => data['roomId'] as string;

export function groupBy<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return groups;
}

export function repeated(all: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(all.filter((one) => seen.size === seen.add(one).size))];
}

/** Words for the first way in which a sequence is not what it should be; null: it is. */
export function difference(actual: readonly string[], expected: readonly string[]): string | null {
  const wanted = new Set(expected);
  const have = new Set(actual);
  const [double] = repeated(actual);
  if (double !== undefined) return `doubled: ${double}`;
  const lost = expected.filter((one) => !have.has(one));
  if (lost.length > 0) return `missing: ${lost[0]} (${lost.length} of ${expected.length})`;
  const strange = actual.find((one) => !wanted.has(one));
  if (strange !== undefined) return `not of the log: ${strange}`;
  const at = actual.findIndex((one, i) => one !== expected[i]);
  return at < 0 ? null : `out of order: ${actual[at]} where ${expected[at]} should be`;
}
