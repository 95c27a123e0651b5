import type { StoredEvent } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import type pg from 'pg';
import type { HeardRow } from '../database/tables.js';

/** Every event as it was heard, in the order of hearing: whatever is lost, doubled or reordered on the way stays visible. */
export class HeardProjection extends PgProjection {
  readonly tables = ['heard'];
  readonly rebuilding = { never: 'a simulated database has one schema' };

  constructor(
    pool: pg.Pool,
    readonly name: string,
  ) {
    super(pool);
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    await tx.query({ name: 'heard_insert', text: 'insert into heard', values: [batch.map(heard)] });
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query({ name: 'heard_delete', text: 'delete from heard', values: [] });
  }
}

export const heard = ({ pos, stream, ver, data }: StoredEvent): HeardRow => ({
  pos,
  stream,
  ver,
  payload: JSON.stringify(data),
});
