import type { LogService } from '@ganglion/contracts';
import type { Queryable } from '@ganglion/event-store';
import type { Ids } from '@ganglion/kernel';
import { ProblemToSay } from '../place.js';
import type { Manifest } from './manifest.js';
import { quoted, type TableShape } from './tables.js';

/**
 * What becomes of a column that names a log, when the log gets its new identity:
 * - `follow`: it means a place in a history that the backup holds whole, so it names the new identity from now on
 * - `stay`: that it differs afterwards is how its owner learns of the restore
 */
type Fate = 'follow' | 'stay';

const OF_EVERY_SERVICE: Record<string, Fate> = {
  'log.log_id': 'follow',
  // Every reader has come as far as its cursor says, in this very backup: nothing is projected again and no reaction repeated.
  'cursor.log_id': 'follow',
  'snapshot.log_id': 'follow',
  'parked.log_id': 'follow',
};

const OF_ONE_SERVICE: Partial<Record<LogService, Record<string, Fate>>> = {
  appservice: {
    // A lane of another log draws a new generation for its transaction ids: what was sent after the backup is never sent as something else.
    'lane.log_id': 'stay',
    'route.log_id': 'follow',
    'interest_rules.from_log_id': 'follow',
  },
};

/**
 * What only one service needs. Lanes are taken over, as it were, so that an appservice process of the place as it was, which
 * somebody only froze, cannot write for them any more: no epoch it may have had comes again.
 */
export const ALSO: Partial<Record<LogService, string>> = {
  appservice: 'update lane set owner = null, epoch = epoch + 1 + floor(random() * 1e12)::bigint',
};

/** Tables about processes that run on a place, not about what it knows: a restored place begins without them. */
export const ABOUT_PROCESSES: ReadonlySet<string> = new Set(['owner', 'candidate', 'fence_member']);

export const namesLog = (column: string): boolean => /(^|_)log_id$/.test(column);

/** Null: nobody has decided. */
export function fateOf(service: LogService, table: string, column: string): Fate | null {
  const key = `${table}.${column}`;
  return OF_ONE_SERVICE[service]?.[key] ?? OF_EVERY_SERVICE[key] ?? null;
}

/** @throws ProblemToSay for columns whose fate this build does not know */
export function requireFates(service: LogService, tables: readonly TableShape[]): void {
  const unknown = tables.flatMap(({ name, columns }) =>
    columns
      .filter((column) => namesLog(column.name) && !fateOf(service, name, column.name))
      .map((column) => `${name}.${column.name}`),
  );
  if (unknown.length === 0) return;
  throw new ProblemToSay(`This build does not know what a restore does with ${unknown.join(', ')} of ${service}.`);
}

const LOG_ID_CHARS = 16;

/** New identities of all logs of a backup, by the old ones. */
export function newIdentities({ services }: Manifest, ids: Ids): Map<string, string> {
  const logs = Object.values(services).flatMap((service) => service.logs);
  return new Map(logs.map(({ logId }) => [logId, ids.random(LOG_ID_CHARS, '0123456789abcdef')]));
}

/** Puts the new identities in, where columns follow. One that is of no log of the backup was out of date already, and stays so. */
export async function adoptIdentities(
  db: Queryable,
  service: LogService,
  tables: readonly TableShape[],
  identities: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { name, columns } of tables) {
    for (const { name: column } of columns) {
      if (!namesLog(column) || fateOf(service, name, column) !== 'follow') continue;
      const at = quoted(column);
      await db.query({
        text: `update public.${quoted(name)} t set ${at} = i.new
          from unnest($1::text[], $2::text[]) as i(old, new) where t.${at} = i.old`,
        values: [[...identities.keys()], [...identities.values()]],
      });
    }
  }
}
