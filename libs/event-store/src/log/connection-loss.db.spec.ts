import { FixedClock } from '@ganglion/kernel';
import { connectTo } from '../connect.js';
import { lit, openLog, type TestDatabase, testDatabase, until } from '../database.fixture.js';
import { FaultyProxy } from '../proxy.fixture.js';
import type { EventLog, EventLogOptions } from './event-log.js';
import { Fenced, LogUnavailable } from './event-log.errors.js';

describe('when the connection breaks', () => {
  let db: TestDatabase;
  let proxy: FaultyProxy;
  let log: EventLog;
  let mayConnect = Promise.resolve();
  let connects = 0;

  beforeAll(async () => (db = await testDatabase()));
  afterAll(() => db.drop());
  afterEach(async () => {
    await log.close();
    await proxy.close();
  });

  async function openThroughProxy(options: Partial<EventLogOptions> = {}): Promise<void> {
    proxy = new FaultyProxy(new URL(db.url));
    const url = await proxy.listen();
    log = await openLog(db, { connect: () => (connects++, mayConnect.then(() => connectTo(url))), ...options });
    await log.append([lit('warm', 1)]);
  }
  const streams = async () => (await log.readAfter(0, 10_000)).map(({ stream, ver }) => `${stream}/${ver}`);

  it('under an append that was committed: says so, with its true position, and writes it once', async () => {
    await openThroughProxy();
    const heard: number[] = [];
    log.onCommitted((batch) => heard.push(...batch.map(({ pos }) => pos)));
    proxy.loseNextAnswer();
    const stored = await Promise.all([log.append([lit('a', 1)]), log.append([lit('b', 1)])]);
    expect(stored.flat().map(({ pos }) => pos)).toEqual([2, 3]);
    expect(heard).toEqual([2, 3]);
    expect(await streams()).toEqual(['warm/1', 'a/1', 'b/1']);
    expect(stored.flat()).toEqual(await log.readAfter(1, 10));
  });

  it('under an append that never arrived: writes it again, and the late arrival fails', async () => {
    await openThroughProxy();
    proxy.holdNextRequest();
    expect(await log.append([lit('a', 1)])).toMatchObject([{ pos: 2 }]);
    expect(proxy.holding).toBe(1);
    await proxy.release();
    await log.append([lit('a', 2)]);
    expect(await streams()).toEqual(['warm/1', 'a/1', 'a/2']);
  });

  it('under an append that still runs, for shards that are given away meanwhile: says what becomes of it', async () => {
    await openThroughProxy({ answerWithinMs: 300 });
    const blocker = await db.connect();
    await blocker.query('begin');
    await blocker.query('select from log where log = $1 for update', [log.log]);
    let settled = false;
    const outcome = log.append([lit('a', 1)]).then(
      () => 'written',
      () => 'refused',
    );
    void outcome.then(() => (settled = true));
    await until(async () => (await waitingForLocks(db)) === 1);
    await log.release(log.owned());
    // The next connection waits behind the statement, or the append has been refused although the statement will be carried out.
    await until(async () => settled || (await waitingForLocks(db)) >= 2);
    await blocker.query('commit');
    await blocker.end();
    const said = await outcome;
    await allIdle(db);
    expect(await streams()).toEqual(said === 'written' ? ['warm/1', 'a/1'] : ['warm/1']);
  });

  it('and the late statement would go to another stream version: the raised epoch refuses it', async () => {
    await openThroughProxy({ patienceMs: 0 });
    proxy.holdNextRequest();
    await expect(log.append([lit('a', 1)])).rejects.toMatchObject({ outcome: 'unknown' });
    // The next append opens a new connection, and by that settles that the statement on its way will not count.
    await log.append([lit('b', 1)]);
    await proxy.release();
    await log.append([lit('c', 1)]);
    await allIdle(db);
    expect(await streams()).toEqual(['warm/1', 'b/1', 'c/1']);
  });

  it('and the database stays away: says unavailable in bounded time, knowing whether the outcome is unknown', async () => {
    await openThroughProxy({ patienceMs: 100 });
    proxy.fail();
    const [first, second] = [log.append([lit('a', 1)]), log.append([lit('b', 1)])];
    await expect(first).rejects.toThrow(LogUnavailable);
    await expect(second).rejects.toThrow(LogUnavailable);
    await expect(log.append([lit('c', 1)])).rejects.toMatchObject({ outcome: 'not-written', kind: 'unavailable' });
    proxy.recover();
    await log.append([lit('d', 1)]);
    expect((await streams()).at(-1)).toBe('d/1');
  });

  it('lets nobody wait longer than the patience, however many batches queue behind', async () => {
    const clock = new FixedClock();
    await openThroughProxy({ clock });
    proxy.fail();
    const batch = (name: string) => Array.from({ length: 500 }, (_, i) => lit(name, i + 1));
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((name) => log.append(batch(name))));
    const attempts = connects;
    await until(() => connects > attempts);
    // Time passes once: whoever began a wait of his own after that would wait for ever.
    clock.advance(5_000);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: expect.any(LogUnavailable) });
  });

  it('and the answer was lost with it: unknown, and in the log', async () => {
    await openThroughProxy({ patienceMs: 0 });
    proxy.loseNextAnswer();
    await expect(log.append([lit('a', 1)])).rejects.toMatchObject({ outcome: 'unknown' });
    expect(await streams()).toEqual(['warm/1', 'a/1']);
  });

  it('under an append while somebody else takes the shard: what was committed is acknowledged, the rest refused', async () => {
    await openThroughProxy();
    const other = await openLog(db, { log: log.log, holder: 'other' });
    await log.claim([1]);
    let letConnect: () => void = () => undefined;
    mayConnect = new Promise((resolve) => (letConnect = resolve));
    proxy.holdNextRequest();
    const appending = log.append([lit('a', 1)]);
    await until(() => proxy.holding === 1);
    await other.claim([1]);
    letConnect();
    await expect(appending).rejects.toThrow(Fenced);
    await proxy.release();
    await allIdle(db);
    expect(await streams()).toEqual(['warm/1']);
    await other.close();
  });

  it('because the server does not answer in time: finds out what became of the append, and writes it once', async () => {
    await openThroughProxy({ answerWithinMs: 100, patienceMs: 60_000 });
    const blocker = await db.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from log where log = $1 for update', [log.log]);
    const appending = log.append([lit('a', 1)]);
    await until(async () => (await waitingForLocks(db)) >= 2);
    await blocker.query('rollback');
    await blocker.end();
    expect(await appending).toMatchObject([{ pos: 2 }]);
    expect(await streams()).toEqual(['warm/1', 'a/1']);
  });

  it('again and again under load: no acknowledged append is missing and none is there twice', async () => {
    proxy = new FaultyProxy(new URL(db.url));
    await proxy.listen();
    const pids: number[] = [];
    const connect = async () => {
      const client = await db.connect();
      const { rows } = await client.query('select pg_backend_pid() as pid');
      pids.push((rows[0] as { pid: number }).pid);
      return client;
    };
    log = await openLog(db, { connect });
    const acknowledged: string[] = [];
    let running = true;
    const writer = async (name: string) => {
      for (let ver = 1; running; ver++) {
        const [stored] = await log.append([lit(name, ver)]);
        acknowledged.push(`${stored!.pos} ${name}/${ver}`);
      }
    };
    const writers = Array.from({ length: 16 }, (_, i) => writer(`lamp-${i}`));
    for (let kills = 1; kills <= 12; kills++) {
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 50);
      await db.pool.query('select pg_terminate_backend($1)', [pids.at(-1)]);
      await until(() => pids.length > kills);
    }
    running = false;
    await Promise.all(writers);
    const read = (await log.readAfter(0, 100_000)).map(({ pos, stream, ver }) => `${pos} ${stream}/${ver}`);
    expect([...acknowledged].sort()).toEqual([...read].sort());
    expect(read.length).toBe(log.head());
  });
});

async function waitingForLocks(db: TestDatabase): Promise<number> {
  const { rows } = await db.pool.query(
    `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return (rows[0] as { n: number }).n;
}

/** Nothing is being executed or waits to be, but for the question itself. */
async function allIdle(db: TestDatabase): Promise<void> {
  await until(async () => {
    const { rows } = await db.pool.query(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and state = 'active'`,
    );
    return (rows[0] as { n: number }).n === 1;
  });
}
