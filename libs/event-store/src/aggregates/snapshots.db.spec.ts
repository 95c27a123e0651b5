import { type Decider, type Event, fold } from '@ganglion/kernel';
import fc from 'fast-check';
import { lit, META, openLog, type TestDatabase, testDatabase, until } from '../database.fixture.js';
import type { EventLog } from '../log/event-log.js';
import { resetLogIdentity } from '../log/schema.js';
import { Aggregates } from './aggregates.js';
import type { SnapshotOptions } from './snapshots.js';

type Stored = Event<'shelf.stored', { thing: string }>;
/** Changed in place, as big states are. */
type Shelf = { things: Map<string, number>; times: number };

const types = { 'shelf.stored': { v: 1 }, 'lamp.lit': { v: 1 } };
const decider: Decider<Shelf, Stored> = {
  initial: () => ({ things: new Map(), times: 0 }),
  evolve: (shelf, { data: { thing } }) => {
    shelf.things.set(thing, (shelf.things.get(thing) ?? 0) + 1);
    shelf.times += 1;
    return shelf;
  },
};
const streamOf = (id: string) => `shelf-${id}`;
const store = (...things: string[]) => things.map((thing): Stored => ({ type: 'shelf.stored', data: { thing } }));
const times = (count: number, thing = 'book') => Array.from({ length: count }, () => thing);

describe('snapshots', () => {
  let db: TestDatabase;
  const open: EventLog[] = [];
  let log: EventLog;
  const reported: unknown[] = [];

  beforeAll(async () => (db = await testDatabase()));
  beforeEach(async () => {
    await db.pool.query('truncate snapshot');
    reported.length = 0;
    log = await opened();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(open.splice(0).map((one) => one.close()));
  });
  afterAll(() => db.drop());

  const opened = async (name?: string) => {
    const one = await openLog(db, { types, ...(name && { log: name }) });
    open.push(one);
    return one;
  };
  const options = (changes: Partial<SnapshotOptions<Shelf>> = {}): SnapshotOptions<Shelf> => ({
    reducer: 'shelf/1',
    every: 10,
    serialise: (shelf) => ({ ...shelf, things: [...shelf.things] }),
    parse: (data) => {
      const { things, times: count } = data as { things: [string, number][]; times: number };
      return { things: new Map(things), times: count };
    },
    report: (error) => reported.push(error),
    ...changes,
  });
  /** As after a start: nothing in memory. */
  const shelves = (changes: Partial<SnapshotOptions<Shelf>> = {}, of = log, maxCached = 10) =>
    new Aggregates<Shelf, Stored>({ log: of, decider, streamOf, maxCached, snapshots: options(changes) });
  const written = async (of = log) => {
    await of.snapshots.settled();
    const { rows } = await db.pool.query('select stream, log_id, ver, reducer, data from snapshot order by stream');
    return rows;
  };
  const fill = async (count: number, id = 'a', changes: Partial<SnapshotOptions<Shelf>> = {}) => {
    const some = shelves(changes);
    await some.handle(id, () => store(...times(count)), META);
    await log.snapshots.settled();
    return some;
  };

  it('are written every so many versions, not before', async () => {
    const some = await fill(9);
    expect(await written()).toEqual([]);
    await some.handle('a', () => store('cup'), META);
    const data = '{"things":[["book",9],["cup",1]],"times":10}';
    const first = { stream: 'shelf-a', log_id: log.logId, ver: 10, reducer: 'shelf/1', data };
    expect(await written()).toEqual([first]);
    await some.handle('a', () => store(...times(9)), META);
    expect(await written()).toEqual([first]);
    await some.handle('a', () => store('cup'), META);
    expect(await written()).toMatchObject([{ ver: 20 }]);
  });

  it('leave only the rest of the stream to be read', async () => {
    await fill(12);
    await fill(3);
    const read = jest.spyOn(log, 'readStream');
    const some = shelves();
    expect(await some.state('a')).toEqual({ things: new Map([['book', 15]]), times: 15 });
    expect(read.mock.calls).toEqual([['shelf-a', 12, 1_000]]);
    expect((await some.handle('a', () => store('cup'), META)).events).toMatchObject([{ ver: 16 }]);
  });

  it('are written after a long stream was read without one', async () => {
    await log.append(store(...times(30)).map((event, i) => ({ ...lit('shelf-a', i + 1), ...event })));
    expect((await shelves().state('a')).times).toBe(30);
    expect(await written()).toMatchObject([{ stream: 'shelf-a', ver: 30 }]);
  });

  it('of another reducer are ignored, and replaced', async () => {
    await fill(10);
    const doubled = { parse: () => ({ things: new Map(), times: -1 }) };
    expect((await shelves({ reducer: 'shelf/2', ...doubled }).state('a')).times).toBe(10);
    expect(await written()).toMatchObject([{ reducer: 'shelf/2', ver: 10 }]);
    expect(reported).toEqual([]);
  });

  it('of another log are ignored', async () => {
    await fill(10);
    await db.pool.query(`update snapshot set log_id = 'another', data = '{"things":[],"times":-1}'`);
    expect((await shelves().state('a')).times).toBe(10);
    expect(reported).toEqual([]);
  });

  it('are gone when the log gets another identity', async () => {
    await fill(10);
    await resetLogIdentity(db.pool, log.log);
    expect(await written()).toEqual([]);
    // What the process that still runs on the old identity writes means nothing to the new one.
    await log.snapshots.write('shelf-a', 'shelf/1', { ver: 10, text: '{"things":[],"times":-1}' });
    const restored = await opened(log.log);
    expect((await shelves({}, restored).state('a')).times).toBe(10);
  });

  it('ahead of the stream are ignored, told of, and never believed later', async () => {
    await fill(10);
    await db.pool.query(`update snapshot set ver = 11, data = '{"things":[],"times":-1}'`);
    const some = shelves({ every: 1_000 });
    expect((await some.state('a')).times).toBe(10);
    expect(reported).toEqual([expect.objectContaining({ message: expect.stringContaining('before version 11') })]);
    await some.handle('a', () => store('cup'), META);
    expect((await shelves({ every: 1_000 }).state('a')).times).toBe(11);
  });

  it('that cannot be parsed are ignored and told of', async () => {
    await fill(10);
    await db.pool.query(`update snapshot set data = '{"things":'`);
    expect((await shelves({ every: 1_000 }).state('a')).times).toBe(10);
    expect(reported).toEqual([expect.any(SyntaxError)]);
    expect(await written()).toEqual([]);
  });

  it('do not keep the caller waiting', async () => {
    const other = await db.connect();
    await other.query('begin; lock table snapshot in share mode');
    const some = shelves();
    const { state } = await some.handle('a', () => store(...times(10)), META);
    expect(state.times).toBe(10);
    await until(() => somebodyWaits(db));
    expect((await some.handle('a', () => store('cup'), META)).pos).toBe(11);
    expect(await somebodyWaits(db)).toBe(true);
    await other.query('commit');
    await other.end();
    expect(await written()).toMatchObject([{ ver: 10 }]);
  });

  it('that have begun are finished before the log closes, and none begins afterwards', async () => {
    const order: string[] = [];
    let finish!: () => void;
    const writing = jest.spyOn(log.snapshots, 'write').mockImplementation(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      order.push('written');
    });
    const some = shelves();
    await some.handle('a', () => store(...times(10)), META);
    await until(() => writing.mock.calls.length === 1);
    const closing = log.close().then(() => order.push('closed'));
    // Time enough to close: another one does it.
    await (await openLog(db, { types })).close();
    finish();
    await closing;
    expect(order).toEqual(['written', 'closed']);
    await log.snapshots.settled();
    log.snapshots.inBackground(async () => void order.push('late'));
    await log.snapshots.settled();
    expect(order).toEqual(['written', 'closed']);
  });

  it('that cannot be written are told of; the caller hears nothing, and the next comes in its time', async () => {
    jest.spyOn(log.snapshots, 'write').mockRejectedValueOnce(new Error('disk full'));
    const some = await fill(10);
    expect(reported).toEqual([new Error('disk full')]);
    for (let i = 0; i < 9; i++) await some.handle('a', () => store('cup'), META);
    expect(await written()).toEqual([]);
    await some.handle('a', () => store('cup'), META);
    expect(await written()).toMatchObject([{ ver: 20 }]);
    expect(reported).toHaveLength(1);
  });

  it('that cannot even be made are told of as well', async () => {
    const some = await fill(10, 'a', {
      serialise: () => {
        throw new Error('no form');
      },
    });
    expect(reported).toEqual([new Error('no form')]);
    expect((await some.state('a')).times).toBe(10);
  });

  it('of a long state are written more rarely', async () => {
    const long = 'x'.repeat(30_000);
    const some = shelves();
    await some.handle('a', () => store(long, ...times(9)), META);
    expect(await written()).toMatchObject([{ ver: 10 }]);
    await some.handle('a', () => store(...times(30)), META);
    expect(await written()).toMatchObject([{ ver: 10 }]);
    await some.handle('a', () => store('cup'), META);
    expect(await written()).toMatchObject([{ ver: 41 }]);
  });

  it('or not, a long stream is read in pages', async () => {
    await log.append(store(...times(2_000)).map((event, i) => ({ ...lit('shelf-a', i + 1), ...event })));
    const read = jest.spyOn(log, 'readStream');
    const plain = new Aggregates<Shelf, Stored>({ log, decider, streamOf });
    expect((await plain.state('a')).times).toBe(2_000);
    expect(read.mock.calls.map(([, after, limit]) => [after, limit])).toEqual([
      [0, 1_000],
      [1_000, 1_000],
      [2_000, 1_000],
    ]);
    expect(await written()).toEqual([]);
  });

  it('and the rest fold to what the whole stream folds to, whatever happens in between', async () => {
    const step = fc.record({
      shelf: fc.constantFrom('a', 'b', 'c'),
      things: fc.array(fc.constantFrom('book', 'cup', 'a\0b', '\ud800'), { maxLength: 5 }),
      restart: fc.boolean(),
      settle: fc.boolean(),
    });
    const used = { snapshots: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (steps, every) => {
        await db.pool.query('truncate snapshot');
        const own = await opened();
        let some = shelves({ every }, own, 2);
        for (const { shelf, things, restart, settle } of steps) {
          if (restart) some = shelves({ every }, own, 2);
          const handling = some.handle(shelf, () => store(...things), META);
          if (settle) await own.snapshots.settled();
          await handling;
        }
        for (const shelf of ['a', 'b', 'c']) {
          const whole = fold(decider, (await own.readStream(streamOf(shelf))) as unknown as Stored[]);
          expect(await some.state(shelf)).toEqual(whole);
          expect(await shelves({ every }, own).state(shelf)).toEqual(whole);
        }
        for (const row of (await written(own)) as { stream: string; ver: number; data: string }[]) {
          const stream = (await own.readStream(row.stream)) as unknown as Stored[];
          expect(options().parse(JSON.parse(row.data))).toEqual(fold(decider, stream.slice(0, row.ver)));
          used.snapshots += 1;
        }
      }),
      { numRuns: 30 },
    );
    expect(used.snapshots).toBeGreaterThan(0);
    expect(reported).toEqual([]);
  });
});

describe('a peek', () => {
  let db: TestDatabase;
  let log: EventLog;
  beforeAll(async () => {
    db = await testDatabase();
    log = await openLog(db, { types });
  });
  afterAll(async () => {
    await log.close();
    await db.drop();
  });

  it('shows the last committed state while a decision is on its way, and nothing when none is in memory', async () => {
    const shelves = new Aggregates<Shelf, Stored>({ log, decider, streamOf });
    expect(shelves.peek('a')).toBeUndefined();
    await shelves.handle('a', () => store('book'), META);
    const other = await db.connect();
    await other.query('begin');
    await other.query('select 1 from log for update');
    const handling = shelves.handle('a', () => store('cup'), META);
    await until(() => somebodyWaits(db));
    expect(shelves.peek('a')).toEqual({ things: new Map([['book', 1]]), times: 1 });
    await other.query('commit');
    await other.end();
    await handling;
    expect(shelves.peek('a')?.times).toBe(2);
  });

  it('shows nothing that belonged to a previous ownership', async () => {
    const shelves = new Aggregates<Shelf, Stored>({ log, decider, streamOf });
    await shelves.state('b');
    expect(shelves.peek('b')).toEqual({ things: new Map(), times: 0 });
    await log.claim([1]);
    expect(shelves.peek('b')).toBeUndefined();
  });
});

async function somebodyWaits(db: TestDatabase): Promise<boolean> {
  const { rows } = await db.pool.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}
