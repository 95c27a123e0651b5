import type { StoredEvent } from '@ganglion/contracts';
import { lit, openLog, type TestDatabase, testDatabase, until } from '../database.fixture.js';
import type { EventLog } from '../log/event-log.js';
import { resetLogIdentity } from '../log/schema.js';
import type { Timers } from '../timers.js';
import type { Frame } from './frames.js';
import { Relay } from './relay.js';

/** Time that passes only for back-offs: a relay's position is saved when it is stopped or has a thousand events. */
const neverSaves: Timers = {
  after: (delayMs, run) => {
    if (delayMs !== 1_000) setImmediate(run);
    return () => undefined;
  },
};

describe('relay', () => {
  let db: TestDatabase;
  let log: EventLog;
  let sent: Frame[];
  let messages: StoredEvent[];
  let refuses: (frame: Frame) => boolean;
  let reports: number[];
  const relays: Relay[] = [];

  beforeAll(async () => (db = await testDatabase()));
  beforeEach(async () => {
    [sent, messages, refuses, reports] = [[], [], () => false, []];
    log = await openLog(db);
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await log.close();
  });
  afterAll(() => db.drop());

  function relayOf(of: EventLog = log, timers = neverSaves): Relay {
    const relay = new Relay({
      log: of,
      timers,
      report: (_, position) => reports.push(position),
      frames: {
        publish: async (frame) => {
          if (refuses(frame)) throw new Error('no broker');
          sent.push(frame);
        },
      },
      publish: async (event) => void messages.push(event),
    });
    relays.push(relay);
    return relay;
  }
  const write = (from: number, to: number) =>
    Promise.all(Array.from({ length: to - from + 1 }, (_, i) => log.append([lit('lamp', from + i)])));
  const published = () =>
    sent.flatMap(({ body }) => (JSON.parse(body.toString()) as { events: StoredEvent[] }).events.map(({ pos }) => pos));
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  const cursor = async () => {
    const { rows } = await db.pool.query('select pos::int from cursor where name = $1', [`relay.${log.log}.frames`]);
    return (rows[0] as { pos: number } | undefined)?.pos ?? 0;
  };

  it('publishes history from the database and new commits from memory, each once, in order', async () => {
    await write(1, 100);
    const relay = relayOf();
    relay.start();
    await relay.drained(100);
    const read = jest.spyOn(log, 'readEntries');
    await write(101, 200);
    await relay.drained(200);
    expect(read).not.toHaveBeenCalled();
    expect(published()).toEqual(upTo(200));
    const stored = await log.readAfter(0, 1_000);
    expect(sent.flatMap(({ body }) => JSON.parse(body.toString()).events)).toEqual(stored);
    expect(messages).toEqual(stored);
    expect(sent[0]).toMatchObject({ logId: log.logId, from: 1, to: 100, types: ['lamp.lit'] });
  });

  it('keeps its place when the broker refuses, tries again, and loses and reorders nothing', async () => {
    let refusals = 0;
    refuses = ({ from }) => from >= 50 && refusals++ < 3;
    const relay = relayOf();
    relay.start();
    for (let i = 1; i <= 100; i += 10) await write(i, i + 9);
    await relay.drained(100);
    expect(published()).toEqual(upTo(100));
    expect(reports).toHaveLength(3);
    expect(new Set(reports).size).toBe(1);
  });

  it('does not repeat the frames of a turn that went out before one was refused', async () => {
    const big = 'x'.repeat(300_000);
    for (let ver = 1; ver <= 3; ver++) await log.append([lit('lamp', ver, { big })]);
    let refusals = 0;
    refuses = ({ from }) => from === 2 && refusals++ === 0;
    const relay = relayOf();
    relay.start();
    await relay.drained(3);
    expect(sent.map(({ from, to }) => [from, to])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('repeats what it had not saved when it dies, and leaves nothing out', async () => {
    const first = relayOf();
    first.start();
    await write(1, 10);
    await first.drained(10);
    await first.stop();
    expect(await cursor()).toBe(10);
    const second = relayOf();
    second.start();
    await write(11, 20);
    await second.drained(20);
    // It dies: nobody calls stop, nothing is saved.
    expect(await cursor()).toBe(10);
    await write(21, 25);
    sent = [];
    const third = relayOf();
    third.start();
    await third.drained(25);
    expect(published().slice(-15)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
  });

  it('saves its position every thousand events and some time after the last', async () => {
    const saves: (() => void)[] = [];
    const timers: Timers = {
      after: (delayMs, run) => {
        if (delayMs === 1_000) saves.push(run);
        return () => undefined;
      },
    };
    const relay = relayOf(log, timers);
    relay.start();
    await write(1, 2_500);
    await relay.drained(2_500);
    await until(async () => (await cursor()) >= 1_000);
    await write(2_501, 2_502);
    await relay.drained(2_502);
    for (const save of saves) save();
    await until(async () => (await cursor()) === 2_502);
  });

  it('publishes what another process committed when it is woken', async () => {
    const relay = relayOf();
    relay.start();
    const other = await openLog(db, { log: log.log });
    await other.append([lit('lamp', 1)]);
    await log.refreshHead();
    await relay.drained(1);
    await other.close();
    expect(published()).toEqual([1]);
  });

  it('keeps its place when a restored log gets another identity, and refuses one that was cut short without it', async () => {
    const before = relayOf();
    before.start();
    await write(1, 3);
    await before.drained(3);
    await before.stop();
    await resetLogIdentity(db.pool, log.log);
    const restored = await openLog(db, { log: log.log });
    await restored.append([lit('lamp', 4)]);
    sent = [];
    const after = relayOf(restored);
    after.start();
    await after.drained(4);
    expect(sent).toMatchObject([{ logId: restored.logId, from: 4, to: 4 }]);
    await after.stop();

    await db.pool.query('delete from event where log = $1 and pos > 2', [log.log]);
    await db.pool.query('update log set head = 2 where log = $1', [log.log]);
    const cut = await openLog(db, { log: log.log });
    relayOf(cut).start();
    await until(() => reports.length > 0);
    expect(sent).toHaveLength(1);
    await restored.close();
    await cut.close();
  });
});
