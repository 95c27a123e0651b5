import { ALL_VSHARDS, lit, openLog, type TestDatabase, testDatabase, until } from '../database.fixture.js';
import type { EventLog } from './event-log.js';
import { Fenced, LogReplaced, LogUnavailable, NewerEvent, Overloaded, VersionConflict } from './event-log.errors.js';
import { resetLogIdentity } from './schema.js';

describe('event log', () => {
  let db: TestDatabase;
  const open: EventLog[] = [];
  const logOf = async (...args: Parameters<typeof openLog> extends [unknown, ...infer R] ? R : never) => {
    const log = await openLog(db, ...args);
    open.push(log);
    return log;
  };

  beforeAll(async () => (db = await testDatabase()));
  afterEach(async () => void (await Promise.all(open.splice(0).map((log) => log.close()))));
  afterAll(() => db.drop());

  it('gives concurrent appends dense positions and every reader the same events', async () => {
    const log = await logOf();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => log.append([lit(`lamp-${i}`, 1), lit(`lamp-${i}`, 2, { by: i })])),
    );
    const read = await log.readAfter(0, 1_000);
    expect(read.map(({ pos }) => pos)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    expect(answers.flat().sort((a, b) => a.pos - b.pos)).toEqual(read);
    expect(log.head()).toBe(400);
    expect(await log.readAfter(398, 1)).toEqual(read.slice(398, 399));
    expect(await log.readStream('lamp-7', 1)).toEqual(read.filter(({ stream, ver }) => stream === 'lamp-7' && ver > 1));
  });

  it('commits what queues up meanwhile in one call, and never splits an append', async () => {
    const sizes: number[] = [];
    const log = await logOf({ metrics: { batch: (events) => sizes.push(events) } });
    const three = (i: number) => [1, 2, 3].map((ver) => lit(`lamp-${i}`, ver));
    await Promise.all(Array.from({ length: 200 }, (_, i) => log.append(three(i))));
    expect(sizes).toEqual([498, 102]);
  });

  it('refuses only the append that conflicts, not its neighbours in the batch', async () => {
    const log = await logOf();
    await log.append([lit('lamp-1', 1)]);
    const outcomes = await Promise.allSettled([
      log.append([lit('lamp-2', 1)]),
      log.append([lit('lamp-3', 1), lit('lamp-1', 1)]),
      log.append([lit('lamp-4', 1)]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: expect.any(VersionConflict) });
    const read = await log.readAfter(0, 10);
    expect(read.map(({ stream, pos }) => [stream, pos])).toEqual([
      ['lamp-1', 1],
      ['lamp-2', 2],
      ['lamp-4', 3],
    ]);
  });

  it('refuses only the append that Postgres cannot store', async () => {
    const log = await logOf();
    const outcomes = await Promise.allSettled([log.append([lit('lamp-1', 1)]), log.append([lit('lamp-\0', 1)])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(log.head()).toBe(1);
  });

  it('refuses who lost a virtual shard to another process, and only for that shard', async () => {
    const old = await logOf();
    const lost: number[][] = [];
    old.onOwnership((owned) => lost.push(owned));
    const young = await logOf({ log: old.log });
    await old.claim(ALL_VSHARDS);
    expect(await young.claim([1])).toEqual([1]);

    const outcomes = await Promise.allSettled([
      old.append([lit('lamp-1', 1)]),
      old.append([{ ...lit('lamp-2', 1), vshard: 2 }]),
    ]);
    expect(outcomes[0]).toMatchObject({ reason: expect.any(Fenced) });
    expect(outcomes[1]).toMatchObject({ status: 'fulfilled' });
    expect(old.owned()).toEqual(ALL_VSHARDS.filter((vshard) => vshard !== 1));
    expect(lost.at(-1)).toEqual(old.owned());
    await young.append([lit('lamp-1', 1)]);
    await expect(young.append([{ ...lit('lamp-3', 1), vshard: 2 }])).rejects.toThrow(Fenced);
  });

  it('lets a claim wait behind an append under way', async () => {
    const old = await logOf();
    const young = await logOf({ log: old.log });
    await old.claim([1]);
    const blocker = await db.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from log where log = $1 for update', [old.log]);
    const appending = old.append([lit('lamp-1', 1)]);
    await until(async () => (await waiting(db)) === 1);
    const claiming = young.claim([1]);
    await until(async () => (await waiting(db)) === 2);
    await blocker.query('rollback');
    await blocker.end();
    expect(await appending).toMatchObject([{ pos: 1 }]);
    await claiming;
    await expect(old.append([lit('lamp-1', 2)])).rejects.toThrow(Fenced);
  });

  it('leaves alone what somebody holds a running lease on, until it ran out or was given up', async () => {
    const first = await logOf();
    await first.claim([1, 2], { leaseMs: 60_000 });
    const second = await logOf({ log: first.log });
    await first.claim([1, 2], { leaseMs: 60_000 });
    expect(await second.claim([1, 2], { onlyFree: true, leaseMs: 60_000 })).toEqual([]);
    await first.claim([2], { leaseMs: 0 });
    expect(await second.claim([1, 2], { onlyFree: true, leaseMs: 60_000 })).toEqual([2]);
    expect((await first.look(60_000)).kept).not.toContain(2);
    expect(first.owned()).toContain(1);
    await first.close();
    expect(await second.claim([1, 2], { onlyFree: true, leaseMs: 60_000 })).toEqual([1, 2]);
  });

  it('keeps NUL, large integers, key order and lone surrogates byte for byte', async () => {
    const log = await logOf();
    const data = JSON.parse(
      '{"z":"a\\u0000b","10":1,"a":9007199254740991,"__proto__":{"x":-1.5e-7},"lone":"\\ud800","quote":"\\"\\\\{}"}',
    ) as object;
    const json: string[] = [];
    log.onCommitted((_, texts) => json.push(...texts));
    const [stored] = await log.append([lit('lamp-1', 1, data)]);
    const [row] = (await db.pool.query('select data from event where log = $1', [log.log])).rows as { data: string }[];
    expect(row!.data).toBe(JSON.stringify(data));
    const [entry] = await log.readEntries(0, 1);
    expect(entry!.json).toBe(json[0]);
    expect(JSON.parse(json[0]!)).toEqual(stored);
    expect(JSON.stringify(entry!.event.data)).toBe(JSON.stringify(data));
  });

  it('stores what was given when append was called, and answers what a reader gets', async () => {
    const log = await logOf();
    const data: Record<string, unknown> = { by: 'alice', reason: undefined };
    const appending = log.append([lit('lamp-1', 1, data)]);
    data.by = 'mallory';
    expect(Object.entries((await appending)[0]!.data)).toEqual([['by', 'alice']]);
  });

  it('lifts stored payloads of every version to the current one, in the frame too', async () => {
    const old = await logOf({ types: { 'lamp.lit': { v: 1 } } });
    await old.append([lit('lamp-1', 1, { watts: 40 })]);
    const log = await logOf({
      log: old.log,
      types: {
        'lamp.lit': {
          v: 3,
          upcast: {
            1: ({ watts }: { watts: number }) => ({ lumen: watts * 10 }),
            2: ({ lumen }: { lumen: number }) => ({ light: { lumen } }),
          },
        },
      },
    });
    await log.append([lit('lamp-1', 2, { light: { lumen: 7 } })]);
    const read = await log.readEntries(0, 10);
    expect(read.map(({ event }) => [event.v, event.data])).toEqual([
      [3, { light: { lumen: 400 } }],
      [3, { light: { lumen: 7 } }],
    ]);
    expect(read.map(({ json }) => JSON.parse(json))).toEqual(read.map(({ event }) => event));
    const [row] = (await db.pool.query('select v, data from event where log = $1 and pos = 1', [log.log])).rows;
    expect(row).toEqual({ v: 1, data: '{"watts":40}' });
    // A build that is older than the writer does not misread what it does not know.
    await expect(old.readAfter(1, 1)).rejects.toThrow(NewerEvent);
    await expect(old.readStream('lamp-1')).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('refuses an event type that the log does not declare', async () => {
    const log = await logOf();
    await expect(log.append([{ ...lit('lamp-1', 1), type: 'constructor' }])).rejects.toThrow('not declared');
  });

  it('refuses what does not fit in the queue at once, and takes appends again when it has drained', async () => {
    const log = await logOf({ maxQueued: 10 });
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => log.append([lit(`lamp-${i}`, 1)])));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(outcomes[11]).toMatchObject({ reason: expect.any(Overloaded) });
    await log.append([lit('lamp-11', 1)]);
    expect(log.head()).toBe(11);
  });

  it('tells listeners of commits in order, before the caller, and not of refused ones', async () => {
    const log = await logOf();
    const heard: number[] = [];
    const end = log.onCommitted((batch) => heard.push(...batch.map(({ pos }) => pos)));
    await log.append([lit('lamp-1', 1)]).then(() => expect(heard).toEqual([1]));
    await expect(log.append([lit('lamp-1', 1)])).rejects.toThrow(VersionConflict);
    await Promise.all([log.append([lit('lamp-1', 2)]), log.append([lit('lamp-1', 3)])]);
    expect(heard).toEqual([1, 2, 3]);
    end();
    await log.append([lit('lamp-1', 4)]);
    expect(heard).toEqual([1, 2, 3]);
  });

  it('flushes what it accepted on close, and refuses afterwards', async () => {
    const log = await openLog(db);
    const appending = Promise.all(Array.from({ length: 1_200 }, (_, i) => log.append([lit(`lamp-${i}`, 1)])));
    const closing = log.close();
    await expect(log.append([lit('late', 1)])).rejects.toMatchObject({ outcome: 'not-written' });
    await closing;
    expect((await appending).flat()).toHaveLength(1_200);
    const { rows } = await db.pool.query('select head from log where log = $1', [log.log]);
    expect(rows).toEqual([{ head: '1200' }]);
  });

  it('writes nothing into a log that was given another identity under its feet', async () => {
    const reported: unknown[] = [];
    let poll: () => void = () => undefined;
    const timers = {
      after: (delayMs: number, run: () => void) => {
        if (delayMs === 1_000) poll = run;
        return () => undefined;
      },
    };
    const log = await logOf({ timers, report: (error) => reported.push(error) });
    const renewed = await resetLogIdentity(db.pool, log.log);
    expect(renewed).not.toBe(log.logId);
    await expect(log.append([lit('lamp-1', 1)])).rejects.toThrow(LogReplaced);
    await expect(log.refreshHead()).rejects.toThrow(LogReplaced);
    poll();
    await until(() => reported.length > 0);
    expect(reported).toEqual([expect.any(LogReplaced)]);
    const next = await logOf({ log: log.log });
    expect(next.logId).toBe(renewed);
    expect(await next.append([lit('lamp-1', 1)])).toMatchObject([{ pos: 1, logId: renewed }]);
  });

  it('owns nothing of what it has claimed when it cannot learn what was written before, and claims it again', async () => {
    let away = false;
    const pool = new Proxy(db.pool, {
      get: (target, key) =>
        key === 'query' && away ? () => Promise.reject(new Error('terminated')) : Reflect.get(target, key, target),
    });
    const other = await logOf();
    const log = await logOf({ log: other.log, pool });
    await other.claim([1]);
    await expect(log.append([lit('lamp-1', 1)])).rejects.toThrow(Fenced);
    const told: number[][] = [];
    log.onOwnership((owned) => told.push(owned.filter((vshard) => vshard === 1)));
    away = true;
    await expect(log.claim([1])).rejects.toThrow(LogUnavailable);
    expect(log.owns(1)).toBe(false);
    expect(told).toEqual([]);
    away = false;
    await log.claim([1]);
    expect(told).toEqual([[1]]);
    expect(await log.append([lit('lamp-1', 1)])).toMatchObject([{ pos: 1 }]);
  });

  it('reads nothing out of such a log either, lest another history be taken for its own', async () => {
    const log = await logOf();
    await log.append([lit('lamp-1', 1)]);
    await resetLogIdentity(db.pool, log.log);
    await expect(log.readAfter(0, 10)).rejects.toThrow(LogReplaced);
    await expect(log.readEntries(0, 10)).rejects.toThrow(LogReplaced);
    await expect(log.readStream('lamp-1')).rejects.toThrow(LogReplaced);
  });

  it('learns of what other processes committed when asked', async () => {
    const one = await logOf();
    const other = await logOf({ log: one.log });
    await other.append([lit('lamp-1', 1)]);
    expect(one.head()).toBe(0);
    const advanced = new Promise<void>((resolve) => one.onAdvanced(resolve));
    expect(await one.refreshHead()).toBe(1);
    await advanced;
  });

  it('says unavailable, not broken, when reading finds no database', async () => {
    const log = await logOf();
    const query = jest.spyOn(db.pool, 'query').mockImplementation(() => Promise.reject(new Error('ECONNREFUSED')));
    await expect(log.readAfter(0, 1)).rejects.toThrow(LogUnavailable);
    query.mockRestore();
  });

  it('appends nothing when given nothing', async () => {
    const log = await logOf();
    expect(await log.append([])).toEqual([]);
  });
});

async function waiting(db: TestDatabase): Promise<number> {
  const { rows } = await db.pool.query(
    `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return (rows[0] as { n: number }).n;
}
