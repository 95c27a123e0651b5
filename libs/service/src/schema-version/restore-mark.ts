import type { Queryable } from '@ganglion/event-store';

/** Where a database came from, in a schema of its own, which no backup holds and no service reads. */
export interface RestoreMark {
  /** One for all databases of one restore. */
  restoreId: string;
  /** Which backup, for people. */
  backup: string;
  finished: boolean;
}

const SCHEMA = `
create schema if not exists ganglion_restore;
create table if not exists ganglion_restore.mark (
  one boolean primary key default true check (one),
  restore_id text not null,
  backup text not null,
  begun_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
comment on table ganglion_restore.mark is 'The restore that made this database; unfinished: nothing may serve on it';
`;

/** Null: it was never restored. */
export async function readRestoreMark(db: Queryable): Promise<RestoreMark | null> {
  const there = await db.query<{ there: boolean }>({
    text: `select to_regclass('ganglion_restore.mark') is not null as there`,
  });
  if (!there.rows[0]!.there) return null;
  const { rows } = await db.query<{ restore_id: string; backup: string; finished: boolean }>({
    text: 'select restore_id, backup, finished_at is not null as finished from ganglion_restore.mark',
  });
  const row = rows[0];
  return row ? { restoreId: row.restore_id, backup: row.backup, finished: row.finished } : null;
}

/** Until `finishRestore` no service starts on this database. */
export async function beginRestore(db: Queryable, restoreId: string, backup: string): Promise<void> {
  await db.query({ text: SCHEMA });
  await db.query({
    text: `insert into ganglion_restore.mark (restore_id, backup) values ($1, $2) on conflict (one) do update
      set restore_id = excluded.restore_id, backup = excluded.backup, begun_at = clock_timestamp(), finished_at = null`,
    values: [restoreId, backup],
  });
}

export async function finishRestore(db: Queryable): Promise<void> {
  await db.query({ text: 'update ganglion_restore.mark set finished_at = clock_timestamp()' });
}
