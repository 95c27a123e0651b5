import type { EventSink, LogPosition, StoredEvent } from '@ganglion/contracts';
import { lit, openLog, type TestDatabase, testDatabase, until } from '../database.fixture.js';
import type { EventLog } from '../log/event-log.js';
import { LogFollower } from './log-follower.js';

class Notebook implements EventSink {
  readonly name = 'test.notebook';
  at: LogPosition | null = null;
  resets: string[] = [];
  pages: StoredEvent[] = [];
  fail: Error | null = null;
  batches: number[] = [];
  position = async () => this.at;
  async apply(batch: StoredEvent[]): Promise<void> {
    if (this.fail) throw this.fail;
    this.batches.push(batch.length);
    this.pages.push(...batch);
    this.at = { logId: batch[0]!.logId, pos: batch.at(-1)!.pos };
  }
  async reset(logId: string): Promise<number> {
    this.resets.push(logId);
    this.pages = [];
    this.at = { logId, pos: 0 };
    return 0;
  }
}

describe('log follower', () => {
  let db: TestDatabase;
  let log: EventLog;
  let sink: Notebook;
  let reports: [unknown, number][];
  let follower: LogFollower;

  beforeAll(async () => (db = await testDatabase()));
  beforeEach(async () => {
    [log, sink, reports] = [await openLog(db), new Notebook(), []];
    follower = new LogFollower({ log, sink, report: (error, position) => reports.push([error, position]) });
  });
  afterEach(async () => {
    await follower.stop();
    await log.close();
  });
  afterAll(() => db.drop());
  const write = (from: number, to: number) =>
    Promise.all(Array.from({ length: to - from + 1 }, (_, i) => log.append([lit('lamp', from + i)])));
  const positions = () => sink.pages.map(({ pos }) => pos);
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  it('brings a new sink up from the database and then feeds it from memory', async () => {
    await write(1, 700);
    follower.start();
    await follower.settled(700);
    expect(sink.resets).toEqual([log.logId]);
    expect(sink.batches).toEqual([500, 200]);
    const read = jest.spyOn(log, 'readEntries');
    await write(701, 800);
    await follower.settled(800);
    expect(read).not.toHaveBeenCalled();
    expect(follower.position()).toBe(800);
    expect(positions()).toEqual(upTo(800));
    expect(sink.pages).toEqual(await log.readAfter(0, 1_000));
  });

  it('fills from the database what another process committed in between', async () => {
    follower.start();
    await write(1, 2);
    const other = await openLog(db, { log: log.log });
    await other.append([lit('lamp', 3)]);
    await log.claim([1]);
    await write(4, 4);
    await follower.settled(4);
    await other.close();
    expect(positions()).toEqual(upTo(4));
    expect(sink.resets).toHaveLength(1);
  });

  it('goes on from where the sink stands', async () => {
    await write(1, 5);
    sink.at = { logId: log.logId, pos: 3 };
    follower.start();
    await follower.settled(5);
    expect(sink.resets).toEqual([]);
    expect(positions()).toEqual([4, 5]);
  });

  it.each([
    ['of another log', 'other', 2],
    ['ahead of the log', null, 99],
  ])('resets a sink that is %s', async (_, logId, pos) => {
    await write(1, 5);
    sink.at = { logId: logId ?? log.logId, pos };
    follower.start();
    await follower.settled(5);
    expect(sink.resets).toEqual([log.logId]);
    expect(positions()).toEqual(upTo(5));
  });

  it('halts at an event that the sink cannot take, says so each time, and never skips it', async () => {
    follower.start();
    await write(1, 2);
    await follower.settled(2);
    sink.fail = new Error('poison');
    await write(3, 4);
    await until(() => reports.length >= 2);
    expect(reports[1]).toEqual([sink.fail, 2]);
    expect(follower.position()).toBe(2);
    sink.fail = null;
    await follower.settled(4);
    expect(positions()).toEqual(upTo(4));
  });

  it('catches up from the database when the sink was slower than its memory', async () => {
    follower.start();
    await write(1, 1);
    await follower.settled(1);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    jest.spyOn(sink, 'apply').mockImplementationOnce(async (batch) => {
      await held;
      return Notebook.prototype.apply.call(sink, batch);
    });
    for (let from = 2; from <= 12_002; from += 4_000) await write(from, from + 3_999);
    release();
    await follower.settled(16_001);
    expect(positions()).toEqual(upTo(16_001));
  });

  it('tells those who wait when it is stopped, and can be started again', async () => {
    follower.start();
    const waiting = follower.settled(1);
    await follower.stop();
    await expect(waiting).rejects.toThrow('stopped at 0, before 1');
    await write(1, 3);
    expect(positions()).toEqual([]);
    follower.start();
    await follower.settled(3);
    expect(positions()).toEqual(upTo(3));
  });
});
