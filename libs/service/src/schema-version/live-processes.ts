import type { Queryable } from '@ganglion/event-store';
import { systemTimers, type Timers } from '@ganglion/event-store';

interface Lease {
  holder: string;
  leftMs: number;
}

/** Leases are seconds long; one that claims to last longer is no reason to wait. */
const LONGEST_WAIT_MS = 15_000;
/** The timer and the database do not agree to the millisecond. */
const MARGIN_MS = 100;

/**
 * Processes that serve the log of this database. One that was killed a moment ago holds a lease that nobody prolongs: those are
 * waited for, until it is clear who prolongs theirs.
 * @returns names of the living, ascending
 */
export async function liveProcesses(db: Queryable, timers: Timers = systemTimers): Promise<string[]> {
  const leases = await runningLeases(db);
  if (leases.length === 0) return [];
  const longestMs = Math.max(...leases.map(({ leftMs }) => leftMs));
  await new Promise<void>((resolve) => timers.after(Math.min(longestMs + MARGIN_MS, LONGEST_WAIT_MS), resolve));
  return (await runningLeases(db)).map(({ holder }) => holder);
}

/** @returns who holds a lease at this moment, ascending; some of them may be dead already */
export async function runningLeases(db: Queryable): Promise<Lease[]> {
  const sources: string[] = [];
  for (const table of ['owner', 'candidate']) if (await exists(db, table)) sources.push(table);
  if (sources.length === 0) return [];
  const all = sources.map((table) => `select holder, until from ${table}`).join(' union all ');
  const { rows } = await db.query<{ holder: string; left_ms: string }>({
    text: `select holder, extract(epoch from max(until) - clock_timestamp()) * 1000 as left_ms from (${all}) as lease
      where until > clock_timestamp() group by holder order by holder`,
  });
  return rows.map(({ holder, left_ms }) => ({ holder, leftMs: Number(left_ms) }));
}

async function exists(db: Queryable, table: string): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>({
    text: 'select to_regclass($1) is not null as there',
    values: [`public.${table}`],
  });
  return rows[0]!.there;
}
