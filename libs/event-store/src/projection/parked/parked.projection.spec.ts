import type { StoredEvent } from '@ganglion/contracts';
import { systemClock } from '@ganglion/kernel';
import fc from 'fast-check';
import pg, { DatabaseError } from 'pg';
import { lit, openLog, type TestDatabase, testDatabase } from '../../database.fixture.js';
import { LogFollower } from '../../follow/log-follower.js';
import type { EventLog } from '../../log/event-log.js';
import { FaultyProxy } from '../../proxy.fixture.js';
import { rebuildBeside } from '../beside/rebuild-beside.js';
import { type EventSource, sourceOf } from '../event-source.js';
import { type Code, goodCode, lampRows, LAMPS_SCHEMA, Lamps } from '../lamps.fixture.js';
import type { PoisonedEvent } from '../pg-projection.js';
import { PARKED_SCHEMA } from './parked-schema.js';
import { listParked, parkedCounts } from './parked.store.js';
import { NothingParked, retryParked, type RetryOptions } from './retry-parked.js';

describe('events that a projection cannot apply', () => {
  let db: TestDatabase;
  let log: EventLog;
  let code: Code;
  let lamps: Lamps;
  let source: EventSource;
  let alarms: PoisonedEvent[];

  beforeAll(async () => {
    db = await testDatabase();
    await db.pool.query(PARKED_SCHEMA + LAMPS_SCHEMA);
  });
  beforeEach(async () => {
    [log, code, alarms] = [await openLog(db), goodCode(), []];
    lamps = new Lamps(db.pool, code, true);
    source = sourceOf(log);
    lamps.onPoisoned((poisoned) => alarms.push(poisoned));
    await lamps.reset(log.logId);
  });
  afterEach(() => log.close());
  afterAll(() => db.drop());

  const poison = (...positions: number[]) => {
    code.examine = ({ pos }) => {
      if (positions.includes(pos)) throw new TypeError(`cannot read ${pos}`);
    };
  };
  const repair = () => (code.examine = () => undefined);
  /** One event of each of these lamps, in this order. */
  async function write(...streams: string[]): Promise<StoredEvent[]> {
    const written = await log.readAfter(0, 1_000);
    const versions = new Map<string, number>();
    for (const { stream } of written) versions.set(stream, (versions.get(stream) ?? 0) + 1);
    const next = (stream: string) => versions.set(stream, (versions.get(stream) ?? 0) + 1).get(stream)!;
    return log.append(streams.map((stream) => lit(stream, next(stream))));
  }
  const parked = async () =>
    (await listParked(db.pool, lamps.name, 100)).map(({ pos, error }) => [pos, error !== null]);
  const retry = (options: Partial<RetryOptions> = {}) => retryParked(lamps, { db: db.pool, source, ...options });

  it('are parked, with later ones of their streams; other streams go on', async () => {
    poison(3);
    await lamps.apply(await write('a', 'b', 'b', 'a', 'b', 'c'));
    expect(await lamps.position()).toEqual({ logId: log.logId, pos: 6 });
    expect(await parked()).toEqual([
      [3, true],
      [5, false],
    ]);
    await lamps.apply(await write('c', 'b'));
    expect(await parked()).toEqual([
      [3, true],
      [5, false],
      [8, false],
    ]);
    const { rows } = await db.pool.query('select pos::int from lamp_history order by pos');
    expect(rows.map(({ pos }) => pos)).toEqual([1, 2, 4, 6, 7]);
  });

  it('are told of once, after three attempts, with the reason', async () => {
    let attempts = 0;
    code.examine = ({ pos }) => {
      if (pos !== 2) return;
      attempts++;
      throw new TypeError('cannot read \0 2');
    };
    await lamps.apply(await write('a', 'b', 'b'));
    // Once with its batch, once with its half of it, three times by itself.
    expect(attempts).toBe(5);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toMatchObject({
      reader: 'test.lamps',
      attempts: 3,
      event: { pos: 2, stream: 'b', type: 'lamp.lit' },
    });
    expect(await listParked(db.pool, null, 1)).toEqual([
      {
        reader: 'test.lamps',
        logId: log.logId,
        pos: 2,
        stream: 'b',
        type: 'lamp.lit',
        error: 'TypeError: cannot read  2',
        attempts: 3,
        parkedAtMs: expect.any(Number),
      },
    ]);
  });

  it('are not parked when a later attempt goes well', async () => {
    let failures = 2;
    code.examine = ({ pos }) => {
      if (pos === 1 && failures-- > 0) throw new Error('not yet');
    };
    await lamps.apply(await write('a'));
    expect([await parked(), alarms]).toEqual([[], []]);
    expect(await lamps.position()).toEqual({ logId: log.logId, pos: 1 });
  });

  it('are not parked when only a batch was at fault', async () => {
    const sizes: number[] = [];
    const whole = lamps as unknown as { project(tx: pg.PoolClient, batch: StoredEvent[]): Promise<void> };
    const project = whole.project.bind(lamps);
    jest.spyOn(whole, 'project').mockImplementation(async (tx, batch) => {
      sizes.push(batch.length);
      if (batch.length > 2) throw new Error('too many at once');
      await project(tx, batch);
    });
    await lamps.apply(await write('a', 'b', 'c', 'd', 'e'));
    expect([sizes, await parked(), alarms]).toEqual([[5, 2, 3, 1, 2], [], []]);
    expect(await lamps.position()).toEqual({ logId: log.logId, pos: 5 });
  });

  it('halt a projection that does not park', async () => {
    poison(2);
    const halting = new Lamps(db.pool, code);
    await expect(halting.apply(await write('a', 'b'))).rejects.toThrow('cannot read 2');
    expect(await halting.position()).toEqual({ logId: log.logId, pos: 0 });
    expect(await parked()).toEqual([]);
  });

  it.each([
    ['a deadlock', '40P01'],
    ['a serialisation failure', '40001'],
    ['a lock that was not to be had', '55P03'],
    ['a server that stops', '57P01'],
    ['a full disk', '53100'],
    ['a statement that was cancelled', '57014'],
    ['a table that is not there yet', '42P01'],
  ])('are not what %s means', async (_, sqlState) => {
    const failure = Object.assign(new DatabaseError('x', 1, 'error'), { code: sqlState });
    code.examine = () => {
      throw failure;
    };
    await expect(lamps.apply(await write('a', 'b'))).rejects.toBe(failure);
    expect(await parked()).toEqual([]);
    expect(await lamps.position()).toEqual({ logId: log.logId, pos: 0 });
  });

  it('are not what a database means that is away', async () => {
    const proxy = new FaultyProxy(new URL(db.url));
    const pool = new pg.Pool({ connectionString: await proxy.listen() });
    pool.on('error', () => undefined);
    const away = new Lamps(pool, code, true);
    const batch = await write('a', 'b', 'c');
    code.beforeWrite = async () => proxy.fail();
    await expect(away.apply(batch)).rejects.toThrow();
    code.beforeWrite = async () => undefined;
    proxy.recover();
    expect(await parked()).toEqual([]);
    expect(await lamps.position()).toEqual({ logId: log.logId, pos: 0 });
    await away.apply(batch);
    expect(await lamps.position()).toEqual({ logId: log.logId, pos: 3 });
    await pool.end();
    await proxy.close();
  });

  it('are parked once when two processes feed the projection', async () => {
    poison(3, 9);
    const followers = [1, 2].map(
      () => new LogFollower({ log, sink: new Lamps(db.pool, code, true), maxBatch: 4, report: () => undefined }),
    );
    for (const follower of followers) follower.start();
    for (let i = 0; i < 5; i++) await write('a', 'b', 'c', 'd');
    await Promise.all(followers.map((follower) => follower.settled(20)));
    await Promise.all(followers.map((follower) => follower.stop()));
    // 3 is of c, 9 of a.
    expect((await parked()).map(([pos]) => pos)).toEqual([3, 7, 9, 11, 13, 15, 17, 19]);
    repair();
    expect(await retry()).toEqual({ applied: 8, failed: [] });
    expect((await db.pool.query('select times from lamp')).rows).toEqual(Array(4).fill({ times: 5 }));
  });

  it('halt the projection when they are so many that no single event is at fault', async () => {
    await db.pool.query(`insert into parked (reader, log_id, pos, stream, type, attempts)
      select 'test.lamps', 'x', -n, 'other-' || n, 'lamp.lit', 3 from generate_series(1, 1000) n`);
    poison(1);
    await expect(lamps.apply(await write('a', 'b'))).rejects.toThrow('halts');
    expect(await lamps.position()).toEqual({ logId: log.logId, pos: 0 });
  });

  it('are forgotten when the projection is made anew', async () => {
    poison(1);
    await lamps.apply(await write('a'));
    await lamps.reset('restored');
    expect(await parkedCounts(db.pool)).toEqual(new Map());
  });

  describe('retried', () => {
    it('are applied in order, and what came behind them meanwhile too', async () => {
      poison(2);
      await lamps.apply(await write('a', 'b', 'b', 'a', 'b'));
      repair();
      const read = jest.spyOn(source, 'read');
      expect(await retry()).toEqual({ applied: 3, failed: [] });
      expect(read.mock.calls).toEqual([
        [1, 1, undefined],
        [2, 1, undefined],
        [4, 1, undefined],
      ]);
      expect(await parked()).toEqual([]);
      await lamps.apply(await write('b'));
      const { rows } = await db.pool.query('select stream, times, last_pos::int from lamp order by stream');
      expect(rows).toEqual([
        { stream: 'a', times: 2, last_pos: 4 },
        { stream: 'b', times: 4, last_pos: 6 },
      ]);
    });

    it('stay parked from the first of the stream that still fails; other streams come right', async () => {
      poison(1, 2, 4);
      await lamps.apply(await write('a', 'b', 'b', 'b', 'b'));
      poison(4);
      expect(await retry()).toEqual({
        applied: 3,
        failed: [{ stream: 'b', pos: 4, type: 'lamp.lit', error: 'cannot read 4' }],
      });
      expect(await parked()).toEqual([
        [4, true],
        [5, false],
      ]);
      const [first] = await listParked(db.pool, lamps.name, 1);
      expect(first).toMatchObject({ attempts: 1, error: 'TypeError: cannot read 4' });
    });

    it('can be one stream, or one event that is the first of its stream', async () => {
      poison(1, 2, 3);
      await lamps.apply(await write('a', 'b', 'c', 'b', 'c'));
      repair();
      expect(await retry({ stream: 'a' })).toEqual({ applied: 1, failed: [] });
      expect(await retry({ pos: 2 })).toEqual({ applied: 1, failed: [] });
      expect((await parked()).map(([pos]) => pos)).toEqual([3, 4, 5]);
      await expect(retry({ pos: 5 })).rejects.toThrow('the event at 5 waits behind the one at 3');
      await expect(retry({ pos: 1 })).rejects.toThrow(NothingParked);
      await expect(retry({ stream: 'a' })).rejects.toThrow(NothingParked);
      expect(await retry({ pos: 4 })).toEqual({ applied: 1, failed: [] });
    });

    it('are left as they are when the database goes away', async () => {
      poison(1);
      await lamps.apply(await write('a'));
      const failure = Object.assign(new DatabaseError('x', 1, 'error'), { code: '57P01' });
      code.examine = () => {
        throw failure;
      };
      await expect(retry()).rejects.toBe(failure);
      expect(await listParked(db.pool, lamps.name, 1)).toMatchObject([
        { attempts: 3, error: 'TypeError: cannot read 1' },
      ]);
    });
  });

  it('give the same tables as a rebuild from zero, once they are retried, wherever they are and however the log is cut', async () => {
    const events = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 });
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 12 }));
    const plan = fc.record({ events, cuts, poisoned: fc.array(fc.nat(39), { maxLength: 4 }), late: fc.nat(40) });
    await fc.assert(
      fc.asyncProperty(plan, async ({ events: streams, cuts: sizes, poisoned, late }) => {
        const own = await openLog(db);
        try {
          await lamps.reset(own.logId);
          const versions = new Map<number, number>();
          const next = (n: number) => versions.set(n, (versions.get(n) ?? 0) + 1).get(n)!;
          const all = await own.append(streams.map((n) => lit(`lamp-${n}`, next(n))));
          poison(...poisoned.map((n) => n + 1));
          for (let at = 0; at < all.length;) {
            // The bug is repaired somewhere on the way, before what is parked is tried again.
            if (at >= late) repair();
            const size = sizes.next().value;
            await lamps.apply(all.slice(at, at + size));
            at += size;
          }
          const inOrder = await db.pool.query(
            'select stream, array_agg(ver order by line) as vers from lamp_history group by 1',
          );
          for (const { vers } of inOrder.rows) expect(vers).toEqual([...vers].sort((a: number, b: number) => a - b));
          repair();
          await retryParked(lamps, { db: db.pool, source: sourceOf(own) });
          expect(await parked()).toEqual([]);
          const rows = await lampRows(db.pool);
          const options = { pool: db.pool, source: sourceOf(own), clock: systemClock };
          expect((await rebuildBeside(lamps, options)).tables.map(({ equal }) => equal)).toEqual([true, true]);
          expect(await lampRows(db.pool)).toEqual(rows);
          expect((rows[1] as unknown[]).length).toBe(all.length);
        } finally {
          await own.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});
