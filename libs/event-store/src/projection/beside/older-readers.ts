import type { Queryable } from '../../log/schema.js';

/** A transaction of another connection that reads as of a moment in the past. */
export interface OlderReader {
  pid: number;
  application: string;
  sinceMs: number;
}

/**
 * Who reads as of a moment before now, except for those who wait, directly or not, for `sparing` and will look anew afterwards.
 *
 * A table that takes another's place shows such a reader only what had been written into it by that moment: it would find rows
 * missing that have always been there. So tables are not exchanged before all of these have ended.
 */
export async function olderReaders(db: Queryable, sparing: readonly number[]): Promise<OlderReader[]> {
  const { rows } = await db.query<{ pid: number; application: string; since: string }>({
    text: `
      with recursive waiting(pid) as (
        select unnest($1::int[])
        union
        select a.pid from pg_stat_activity a join waiting w on w.pid = any(pg_blocking_pids(a.pid))
        where a.datname = current_database() and a.wait_event_type = 'Lock'
      )
      select a.pid, a.application_name as application, extract(epoch from a.xact_start) * 1000 as since
      from pg_stat_activity a
      where a.datname = current_database() and a.backend_type = 'client backend' and a.backend_xmin is not null
        and a.pid <> pg_backend_pid() and a.pid not in (select pid from waiting)`,
    values: [sparing],
  });
  return rows.map(({ pid, application, since }) => ({ pid, application, sinceMs: Number(since) }));
}

/** Those of `before` that are in the same transaction still. */
export async function stillReading(
  db: Queryable,
  before: readonly OlderReader[],
  sparing: readonly number[],
): Promise<OlderReader[]> {
  const key = ({ pid, sinceMs }: OlderReader) => `${pid} ${sinceMs}`;
  const now = new Set((await olderReaders(db, sparing)).map(key));
  return before.filter((reader) => now.has(key(reader)));
}
