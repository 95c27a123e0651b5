import type { StoredEvent } from '@ganglion/contracts';
import type pg from 'pg';
import { PgProjection } from './pg-projection.js';

/** Two tables with everything that hangs on a table: indexes with names of their own, privileges, comments, a number drawn. */
export const LAMPS_SCHEMA = `
create table lamp (
  stream text collate "C" constraint lamp_key primary key,
  times integer not null constraint lamp_was_lit check (times > 0),
  last_pos bigint not null
) with (fillfactor = 70);
create unique index lamp_newest on lamp (last_pos desc);
comment on table lamp is 'How often each lamp was lit';
comment on column lamp.times is 'At least once';
grant select on lamp to pg_monitor with grant option;
create table lamp_history (
  pos bigint primary key,
  stream text not null,
  ver integer not null,
  line bigint generated always as identity
);
create index lamp_history_stream on lamp_history (stream, ver) where ver > 1;
`;

/** What the code of a projection is like at the moment; live and rebuilt ones share it, as processes of one build do. */
export interface Code {
  /** Throws: the event is poison. */
  examine: (event: StoredEvent) => void;
  /** A wrong figure that nobody noticed. */
  countsTwice: (event: StoredEvent) => boolean;
  beforeWrite: () => Promise<void>;
}

export const goodCode = (): Code => ({
  examine: () => undefined,
  countsTwice: () => false,
  beforeWrite: async () => undefined,
});

/** How often each lamp was lit, and when: wrong at once if an event is applied twice, not at all, or out of order. */
export class Lamps extends PgProjection {
  readonly name = 'test.lamps';
  readonly tables = ['lamp', 'lamp_history'];
  readonly rebuilding = { on: (pool: pg.Pool) => new Lamps(pool, this.code, this.parks) };
  protected override readonly pausesMs = [0, 0];
  /** As the live one of rooms tells who waits. */
  readonly heard: number[] = [];

  constructor(
    pool: pg.Pool,
    readonly code: Code = goodCode(),
    override readonly parks: boolean = false,
  ) {
    super(pool);
  }

  override async apply(batch: StoredEvent[]): Promise<void> {
    await super.apply(batch);
    for (const { pos } of batch) this.heard.push(pos);
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    const lamps = new Map<string, { times: number; pos: number }>();
    for (const event of batch) {
      this.code.examine(event);
      const times = (lamps.get(event.stream)?.times ?? 0) + (this.code.countsTwice(event) ? 2 : 1);
      lamps.set(event.stream, { times, pos: event.pos });
    }
    const all = [...lamps.values()];
    await tx.query({
      name: 'lamps_lamp',
      text: `insert into lamp as l select * from unnest($1::text[], $2::int[], $3::bigint[])
        on conflict (stream) do update set times = l.times + excluded.times, last_pos = excluded.last_pos`,
      values: [[...lamps.keys()], all.map(({ times }) => times), all.map(({ pos }) => pos)],
    });
    await tx.query({
      name: 'lamps_history',
      text: `insert into lamp_history (pos, stream, ver) select * from unnest($1::bigint[], $2::text[], $3::int[])`,
      values: [batch.map(({ pos }) => pos), batch.map(({ stream }) => stream), batch.map(({ ver }) => ver)],
    });
    await this.code.beforeWrite();
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('truncate lamp, lamp_history');
  }
}

/** What the tables hold, in an order that does not depend on how it got there. */
export async function lampRows(pool: pg.Pool): Promise<unknown[]> {
  const lamps = await pool.query('select stream, times, last_pos from lamp order by stream');
  const history = await pool.query('select pos, stream, ver from lamp_history order by pos');
  return [lamps.rows, history.rows];
}
