import type { StoredEvent } from '@ganglion/contracts';
import type pg from 'pg';
import { lit, openLog, type TestDatabase, testDatabase, until } from '../database.fixture.js';
import { LogFollower } from '../follow/log-follower.js';
import type { EventLog } from '../log/event-log.js';
import { PgProjection } from './pg-projection.js';
import { rebuild } from './rebuild.js';

/** How often each lamp was lit: wrong at once if an event is applied twice or not at all. */
class LampCounts extends PgProjection {
  readonly name = 'test.lamp-counts';
  readonly tables = ['lamp_count'];
  readonly rebuilding = { on: (pool: pg.Pool) => new LampCounts(pool) };
  crash: Error | null = null;
  /** Runs in the transaction, when the rows are written. */
  whenWritten: () => Promise<void> = async () => undefined;

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    const times = new Map<string, number>();
    for (const { stream } of batch) times.set(stream, (times.get(stream) ?? 0) + 1);
    await tx.query({
      name: 'lamp_counts',
      text: `insert into lamp_count as l select * from unnest($1::text[], $2::int[])
        on conflict (stream) do update set times = l.times + excluded.times`,
      values: [[...times.keys()], [...times.values()]],
    });
    await this.whenWritten();
    if (this.crash) throw this.crash;
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    // Unlike `truncate`, it does not wait for those who are writing.
    await tx.query('delete from lamp_count');
  }
}

describe('projection in Postgres', () => {
  let db: TestDatabase;
  let log: EventLog;
  let projection: LampCounts;

  beforeAll(async () => {
    db = await testDatabase();
    await db.pool.query('create table lamp_count (stream text primary key, times int not null)');
  });
  beforeEach(async () => {
    [log, projection] = [await openLog(db), new LampCounts(db.pool)];
    await projection.reset(log.logId);
  });
  afterEach(() => log.close());
  afterAll(() => db.drop());

  const rows = async () => (await db.pool.query('select stream, times from lamp_count order by stream')).rows;
  const write = (stream: string, times: number) =>
    log.append(Array.from({ length: times }, (_, i) => lit(stream, i + 1)));

  it('moves rows and position together', async () => {
    await projection.apply([...(await write('a', 2)), ...(await write('b', 1))]);
    expect(await rows()).toEqual([
      { stream: 'a', times: 2 },
      { stream: 'b', times: 1 },
    ]);
    expect(await projection.position()).toEqual({ logId: log.logId, pos: 3 });
  });

  it('moves neither when it dies in between', async () => {
    const batch = await write('a', 2);
    projection.crash = new Error('crash');
    await expect(projection.apply(batch)).rejects.toThrow('crash');
    expect(await rows()).toEqual([]);
    expect(await projection.position()).toEqual({ logId: log.logId, pos: 0 });
    projection.crash = null;
    await projection.apply(batch);
    expect(await rows()).toEqual([{ stream: 'a', times: 2 }]);
  });

  it('leaves the connection usable when it is killed in the middle', async () => {
    const batch = await write('a', 1);
    const project = jest.spyOn(projection as unknown as { project(tx: pg.PoolClient): Promise<void> }, 'project');
    project.mockImplementationOnce(async (tx) => {
      await tx.query('select pg_terminate_backend(pg_backend_pid())');
    });
    await expect(projection.apply(batch)).rejects.toThrow('terminating connection');
    await projection.apply(batch);
    expect(await rows()).toEqual([{ stream: 'a', times: 1 }]);
  });

  it('drops what it has seen, applies the rest, and refuses a hole', async () => {
    const batch = await write('a', 5);
    await projection.apply(batch.slice(0, 2));
    await projection.apply(batch.slice(0, 2));
    await projection.apply(batch.slice(1, 4));
    expect(await rows()).toEqual([{ stream: 'a', times: 4 }]);
    await write('b', 1);
    await expect(projection.apply(await log.readAfter(5, 1))).rejects.toThrow('stands at');
    await expect(projection.apply([{ ...batch[4]!, logId: 'other' }])).rejects.toThrow('stands at');
    expect(await projection.position()).toEqual({ logId: log.logId, pos: 4 });
  });

  it('applies each event once when two processes feed it', async () => {
    const followers = [1, 2].map(
      () => new LogFollower({ log, sink: new LampCounts(db.pool), maxBatch: 7, report: () => undefined }),
    );
    for (const follower of followers) follower.start();
    for (let i = 0; i < 40; i++) await write(`lamp-${String(i).padStart(2, '0')}`, 5);
    await Promise.all(followers.map((follower) => follower.settled(200)));
    await Promise.all(followers.map((follower) => follower.stop()));
    expect((await rows()).map(({ times }) => times)).toEqual(Array<number>(40).fill(5));
  });

  it('is empty after a reset, even when another process was in the middle of writing', async () => {
    const other = new LampCounts(db.pool);
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    let resetting: Promise<number> | null = null;
    other.whenWritten = async () => {
      resetting = projection.reset('restored');
      await until(async () => (await db.pool.query(waiting)).rowCount === 1);
    };
    await other.apply(await write('a', 3));
    await resetting;
    expect(await rows()).toEqual([]);
    expect(await projection.position()).toEqual({ logId: 'restored', pos: 0 });
  });

  it('is the same when rebuilt from zero', async () => {
    const follower = new LogFollower({ log, sink: projection, report: () => undefined });
    follower.start();
    for (let i = 0; i < 30; i++) await write(`lamp-${i}`, 1 + (i % 4));
    await follower.settled(log.head());
    await follower.stop();
    const before = await rows();
    await db.pool.query('update lamp_count set times = times + 1');
    expect(await rebuild(projection, log, 7)).toBe(log.head());
    expect(await rows()).toEqual(before);
    expect(await projection.position()).toEqual({ logId: log.logId, pos: log.head() });
  });

  it('ends the rebuild of an empty log at once', async () => {
    expect(await rebuild(projection, log)).toBe(0);
  });
});
