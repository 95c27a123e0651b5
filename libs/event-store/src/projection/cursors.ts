import type { LogPosition } from '@ganglion/contracts';
import type { Queryable } from '../log/schema.js';

/** Where reader `name` stands; null when it has never begun. */
export async function readCursor(db: Queryable, name: string): Promise<LogPosition | null> {
  const { rows } = await db.query<{ log_id: string; pos: string }>({
    name: 'cursor_read',
    text: 'select log_id, pos from cursor where name = $1',
    values: [name],
  });
  return rows[0] ? { logId: rows[0].log_id, pos: Number(rows[0].pos) } : null;
}

/** The same, and nobody moves it before this transaction ends. Waits for a transaction that is moving it. */
export async function lockCursor(db: Queryable, name: string): Promise<LogPosition | null> {
  const { rows } = await db.query<{ log_id: string; pos: string }>({
    text: 'select log_id, pos from cursor where name = $1 for update',
    values: [name],
  });
  return rows[0] ? { logId: rows[0].log_id, pos: Number(rows[0].pos) } : null;
}

/** Sets it, whatever it was. */
export async function writeCursor(db: Queryable, name: string, { logId, pos }: LogPosition): Promise<void> {
  await db.query({
    name: 'cursor_write',
    text: `insert into cursor (name, log_id, pos) values ($1, $2, $3)
      on conflict (name) do update set log_id = excluded.log_id, pos = excluded.pos`,
    values: [name, logId, pos],
  });
}

/** Moves it from exactly `from` to `to`. @returns whether it was there */
export async function moveCursor(
  db: Queryable,
  name: string,
  logId: string,
  from: number,
  to: number,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'cursor_move',
    text: 'update cursor set pos = $4 where name = $1 and log_id = $2 and pos = $3',
    values: [name, logId, from, to],
  });
  return rowCount === 1;
}

/** Moves it forward only, so that of two writers the one ahead wins; another log starts anew. */
export async function advanceCursor(db: Queryable, name: string, { logId, pos }: LogPosition): Promise<void> {
  await db.query({
    name: 'cursor_advance',
    text: `insert into cursor (name, log_id, pos) values ($1, $2, $3) on conflict (name) do update
      set log_id = excluded.log_id,
          pos = case when cursor.log_id = excluded.log_id then greatest(cursor.pos, excluded.pos) else excluded.pos end`,
    values: [name, logId, pos],
  });
}
