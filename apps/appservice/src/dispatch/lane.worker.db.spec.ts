import { createRegistry } from '@ganglion/observability';
import { appserviceDatabase, until, type TestDatabase } from '../testing/database.fixture.js';
import { ManualTimers } from '../testing/manual-timers.fixture.js';
import { message } from '../testing/rooms-events.fixture.js';
import { DispatchMetrics } from './dispatch.metrics.js';
import { Lane, type LaneOptions } from './lane.worker.js';
import { LaneStore } from './lane.store.js';
import type { Outcome } from './outcome.js';
import { renderForAppservice } from './render-event.js';
import { insertRoutes } from './routes.store.js';

interface Attempt {
  txnId: string;
  text: string;
  bodies: string[];
  answer: (outcome: Outcome) => void;
}

/** An appservice that answers when the test says so. */
class ScriptedAppservice {
  readonly attempts: Attempt[] = [];
  parallel = 0;
  private taken = 0;

  send({ txnId, body }: { txnId: string; body: Buffer }, stop: AbortSignal): Promise<Outcome> {
    if (++this.parallel > 1) throw new Error('two attempts at once');
    return new Promise((resolve) => {
      const answer = (outcome: Outcome) => {
        this.parallel--;
        resolve(outcome);
      };
      stop.addEventListener('abort', () => answer({ ok: false, class: 'connect', detail: 'stopped' }));
      const text = body.toString();
      const { events } = JSON.parse(text) as { events: { content: { body: string } }[] };
      this.attempts.push({ txnId, text, bodies: events.map(({ content }) => content.body), answer });
    });
  }

  async close(): Promise<void> {}

  /** The next attempt that no call has given yet. */
  async next(): Promise<Attempt> {
    await until(() => this.attempts.length > this.taken);
    return this.attempts[this.taken++]!;
  }

  async accept(): Promise<Attempt> {
    const attempt = await this.next();
    attempt.answer({ ok: true });
    return attempt;
  }

  async refuse(failure: Partial<Outcome> = {}): Promise<Attempt> {
    const attempt = await this.next();
    attempt.answer({ ok: false, class: 'server_error', detail: 'HTTP 500', ...failure } as Outcome);
    return attempt;
  }
}

describe('a lane', () => {
  let db: TestDatabase;
  let time: ManualTimers;
  let appservice: ScriptedAppservice;
  let announced: string[];
  let reported: unknown[];
  let lost: number;
  let store: LaneStore;
  let asId: string;
  let lanes: Lane[] = [];
  let names = 0;

  beforeAll(async () => (db = await appserviceDatabase()));
  afterAll(() => db.drop());

  beforeEach(async () => {
    time = new ManualTimers();
    appservice = new ScriptedAppservice();
    [announced, reported, lost, lanes] = [[], [], 0, []];
    store = new LaneStore(db.pool);
    asId = `as-${++names}`;
    await db.pool.query(
      `insert into lane (as_id, log_id, generation, state, since_ms) values ($1, 'log', 'gen${names}', 'unknown', 0)`,
      [asId],
    );
  });
  afterEach(async () => {
    const stopped = Promise.all(lanes.map((lane) => lane.stop()));
    time.advance(10_000_000);
    await stopped;
  });

  const enqueue = (...bodies: string[]) =>
    insertRoutes(
      db.pool,
      bodies.map((body, index) => {
        const { data } = message(body);
        const event = JSON.stringify(renderForAppservice(data));
        const { eventId, roomId, receivedTs } = data;
        return { asId, logId: 'rooms', pos: index + 1, eventId, roomId, receivedTs, event };
      }),
    );
  const startLane = async (changes: Partial<LaneOptions> = {}): Promise<Lane> => {
    const [claimed] = await store.claim([asId], 'test');
    const lane = new Lane({
      key: claimed!.key,
      state: claimed!.state,
      store,
      sender: appservice,
      announce: async (_, { status }) => void announced.push(status),
      limits: { maxEvents: 100, maxBytes: 5_000_000 },
      retry: { firstMs: 2_000, maxMs: 3_600_000, jitter: 0 },
      legacyEventFields: () => false,
      chance: () => 0,
      clock: time.clock,
      timers: time,
      metrics: new DispatchMetrics(createRegistry('appservice')),
      report: (error) => void reported.push(error),
      onLost: () => void lost++,
      ...changes,
    });
    lanes.push(lane);
    lane.start();
    return lane;
  };
  const row = async () => (await db.pool.query('select * from lane where as_id = $1', [asId])).rows[0];
  const txns = async () => (await db.pool.query('select * from txn where as_id = $1 order by sequence', [asId])).rows;
  const queued = async () =>
    Number((await db.pool.query('select count(*) from route where as_id = $1', [asId])).rows[0].count);
  const isState = (state: string) => until(async () => (await row()).state === state);
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

  it('AS-108 AS-113 freezes before it sends, and forgets all but the ids once acknowledged', async () => {
    await enqueue('e1', 'e2');
    await startLane();
    const first = await appservice.next();
    expect(first).toMatchObject({ txnId: `gen${names}-1`, bodies: ['e1', 'e2'] });
    const [frozen] = await txns();
    expect(frozen.body.toString()).toBe(first.text);
    expect([frozen.acked_at_ms, await queued()]).toEqual([null, 2]);

    first.answer({ ok: true });
    await isState('up');
    const [acknowledged] = await txns();
    expect([acknowledged.body, await queued()]).toEqual([null, 0]);
    expect(JSON.parse(acknowledged.event_ids)).toHaveLength(2);
    expect(reported).toEqual([]);
  });

  it('AS-101 has one transaction in flight; what comes meanwhile goes in the next one', async () => {
    await enqueue('e1');
    const lane = await startLane();
    const first = await appservice.next();
    await enqueue('e2');
    lane.wake();
    await enqueue('e3');
    lane.wake();
    expect(appservice.attempts).toHaveLength(1);
    first.answer({ ok: true });
    expect(await appservice.next()).toMatchObject({ txnId: `gen${names}-2`, bodies: ['e2', 'e3'] });
  });

  it('AS-103 sends 200 events as 1, 100 and 99', async () => {
    await enqueue('1');
    const lane = await startLane();
    const first = await appservice.next();
    await enqueue(...numbers(2, 200));
    lane.wake();
    first.answer({ ok: true });
    expect([(await appservice.accept()).bodies, (await appservice.accept()).bodies]).toEqual([
      numbers(2, 101),
      numbers(102, 200),
    ]);
  });

  it('AS-107 AS-115 sends nothing when there is nothing', async () => {
    const lane = await startLane();
    lane.wake();
    await until(() => announced.length === 1);
    lane.wake();
    expect([appservice.attempts, (await row()).state]).toEqual([[], 'unknown']);
  });

  it('AS-111 AS-119 AS-140 waits 2 s after a failure, then sends the same bytes under the same id', async () => {
    await enqueue('e1');
    await startLane();
    const first = await appservice.refuse();
    expect(await time.waiting()).toBe(2_000);
    expect(await row()).toMatchObject({ state: 'down', failures: 1 });
    expect(JSON.parse((await row()).last_error)).toMatchObject({ class: 'server_error', detail: 'HTTP 500' });
    expect((await txns())[0]).toMatchObject({ attempts: 1, last_class: 'server_error' });

    await enqueue('e2');
    time.advance(1_999);
    expect(appservice.attempts).toHaveLength(1);
    time.advance(1);
    const second = await appservice.accept();
    expect([second.txnId, second.text]).toEqual([first.txnId, first.text]);
    expect((await appservice.accept()).bodies).toEqual(['e2']);
    await isState('up');
    await until(() => announced.length === 3);
    expect(announced).toEqual(['unknown', 'down', 'up']);
  });

  it('AS-109 AS-129 cuts nothing while it is down, and full transactions when it comes back', async () => {
    await enqueue('first');
    const lane = await startLane();
    await appservice.refuse();
    await time.waiting();
    for (const body of numbers(1, 250)) {
      await enqueue(body);
      lane.wake();
    }
    expect(await txns()).toHaveLength(1);
    time.advance(2_000);
    const sizes = [];
    for (let i = 0; i < 4; i++) sizes.push((await appservice.accept()).bodies.length);
    expect(sizes).toEqual([1, 100, 100, 50]);
  });

  it('AS-141 attempts at 2, 6, 14 and 30 s', async () => {
    await enqueue('e1');
    await startLane();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      await appservice.refuse();
      waits.push(await time.waiting());
      time.advance(waits.at(-1)!);
    }
    await appservice.accept();
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000]);
    await isState('up');
    expect((await row()).failures).toBe(0);
  });

  it('AS-143 tries at once when told to, and the old timer is gone', async () => {
    await enqueue('e1');
    const lane = await startLane();
    await appservice.refuse();
    await time.waiting();
    lane.retryNow();
    await appservice.accept();
    await isState('up');
    expect(time.count).toBe(0);
    time.advance(10_000);
    expect(appservice.attempts).toHaveLength(2);
  });

  it('AS-144 AS-145 does nothing more when told to try while it tries, or while all is well', async () => {
    await enqueue('e1');
    const lane = await startLane();
    const first = await appservice.next();
    lane.retryNow();
    first.answer({ ok: false, class: 'timeout', detail: '' });
    await time.waiting();
    lane.retryNow();
    const second = await appservice.next();
    lane.retryNow();
    lane.retryNow();
    second.answer({ ok: false, class: 'timeout', detail: '' });
    expect(await time.waiting()).toBe(4_000);
    expect(appservice.attempts).toHaveLength(2);
  });

  it('AS-146 waits 4 s when it fails again after it had begun to catch up', async () => {
    await enqueue('e1');
    await startLane({ limits: { maxEvents: 1, maxBytes: 5_000_000 } });
    await appservice.refuse();
    await time.waiting();
    await enqueue('e2', 'e3');
    time.advance(2_000);
    await appservice.accept();
    await appservice.accept();
    expect((await appservice.refuse()).bodies).toEqual(['e3']);
    expect(await time.waiting()).toBe(4_000);
    expect((await row()).state).toBe('down');
  });

  it('AS-150 leaves a throttling appservice alone for as long as it asks', async () => {
    await enqueue('e1');
    await startLane();
    await appservice.refuse({ class: 'throttled', retryAfterMs: 20_000 } as Partial<Outcome>);
    expect(await time.waiting()).toBe(20_000);
  });

  it('AS-120 AS-325 another owner sends the frozen transaction, same id and bytes', async () => {
    await enqueue('e1', 'e2');
    await startLane();
    const before = await appservice.next();
    time.advance(60_000);
    await enqueue('e3');

    const other = new ScriptedAppservice();
    await startLane({ sender: other });
    const after = await other.accept();
    expect([after.txnId, after.text]).toEqual([before.txnId, before.text]);
    expect(await other.accept()).toMatchObject({ txnId: `gen${names}-2`, bodies: ['e3'] });
  });

  it('AS-326 a deposed owner writes nothing any more', async () => {
    await enqueue('e1');
    await startLane();
    const old = await appservice.next();
    await store.claim([asId], 'other');
    old.answer({ ok: true });
    await until(() => lost === 1);
    expect([(await txns())[0].acked_at_ms, await queued(), (await row()).state]).toEqual([null, 1, 'unknown']);
    expect(reported).toEqual([]);
  });

  it('V-6 goes on with its count after a restart, and waits no longer than the first wait', async () => {
    await enqueue('e1');
    await db.pool.query(`update lane set state = 'down', failures = 5, next_retry_at_ms = $2 where as_id = $1`, [
      asId,
      time.clock.nowMs() + 2_000,
    ]);
    await startLane();
    expect(await time.waiting()).toBe(2_000);
    expect(appservice.attempts).toHaveLength(0);
    time.advance(2_000);
    await appservice.refuse();
    expect(await time.waiting()).toBe(64_000);
  });

  it('AS-112 takes a fault of its own for a failure, and asks the database what was frozen', async () => {
    await enqueue('e1');
    let broken = true;
    const halfBroken = Object.create(store) as LaneStore;
    halfBroken.freeze = async (key, cut, nowMs) => {
      const frozen = await store.freeze(key, cut, nowMs);
      if (broken) throw new Error('the connection broke after the commit');
      return frozen;
    };
    await startLane({ store: halfBroken });
    expect(await time.waiting()).toBe(2_000);
    expect(await row()).toMatchObject({ state: 'down' });
    expect(reported).toHaveLength(1);
    broken = false;
    time.advance(2_000);
    expect(await appservice.accept()).toMatchObject({ txnId: `gen${names}-1`, bodies: ['e1'] });
    await isState('up');
    expect(await txns()).toHaveLength(1);
  });

  it('V-7 goes on when not even the failure can be written down', async () => {
    await enqueue('e1');
    const broken = Object.create(store) as LaneStore;
    let away = true;
    const fails = async () => Promise.reject(new Error('the database is away'));
    broken.queued = (key, limit) => (away ? fails() : store.queued(key, limit));
    broken.failed = (key, txn, state) => (away ? fails() : store.failed(key, txn, state));
    await startLane({ store: broken });
    await time.waiting();
    time.advance(2_000);
    expect(await time.waiting()).toBe(4_000);
    away = false;
    time.advance(4_000);
    await appservice.accept();
    await isState('up');
  });

  it('tells the log again when the log was away', async () => {
    let away = true;
    await startLane({
      announce: async () => {
        if (away) throw new Error('the log is away');
        announced.push('told');
      },
    });
    await time.waiting();
    away = false;
    time.advance(2_000);
    await until(() => announced.length > 0);
    await isState('up');
  });

  it('ends when told to, even while an appservice hangs, and does not count that against it', async () => {
    await enqueue('e1');
    const lane = await startLane();
    await appservice.next();
    const stopped = lane.stop();
    expect(await time.waiting()).toBe(2_000);
    time.advance(2_000);
    await stopped;
    expect((await row()).state).toBe('unknown');
  });
});
