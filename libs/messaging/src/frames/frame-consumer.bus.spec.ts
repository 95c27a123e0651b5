import type { EventSink, LogPosition, StoredEvent } from '@ganglion/contracts';
import { systemClock } from '@ganglion/kernel';
import type { Bus } from '../bus/bus.js';
import { startCall } from '../rpc/current-call.js';
import { RpcClient } from '../rpc/rpc-client.js';
import { ensureStreams } from '../streams/ensure-streams.js';
import { STREAMS, streamName } from '../streams/streams.js';
import { TestDeployment, until } from '../testing/deployment.fixture.js';
import { FrameConsumer } from './frame-consumer.js';
import { FramePublisherJs } from './frame-publisher.js';
import { HeadBeacon } from './head-beacon.js';
import { serveLogReads, type LogReadServer } from './log-reads.js';

/** A log in memory. */
class FakeLog {
  events: StoredEvent[] = [];
  reads = 0;
  constructor(public logId: string) {}
  head = () => this.events.length;
  readAfter(pos: number, limit: number) {
    this.reads++;
    return Promise.resolve(this.events.slice(pos, pos + limit));
  }
  append(count: number, payload = 'x'): StoredEvent[] {
    const from = this.events.length;
    const added = Array.from({ length: count }, (_, i) => this.event(from + i + 1, payload));
    this.events.push(...added);
    return added;
  }
  private event(pos: number, payload: string): StoredEvent {
    const meta = { actor: 'system', correlationId: 'r' };
    const facts = { stream: `s-${pos % 7}`, ver: pos, type: 'thing.happened', v: 1, id: `${this.logId}-${pos}` };
    return { logId: this.logId, pos, vshard: 0, atMs: 1, meta, data: { n: pos, payload }, ...facts };
  }
}

let logs = 0;
/** Ids differ between tests, else NATS would recognise frames of an earlier one as published already. */
const newLog = () => new FakeLog(`log-${++logs}`);

/** A sink in memory that checks what it is promised. */
class RecordingSink implements EventSink {
  readonly name = 'test.recording';
  at: LogPosition | null = null;
  applied: StoredEvent[] = [];
  batches: number[] = [];
  resets: string[] = [];
  /** Runs before a batch is applied. */
  before: () => Promise<void> | void = () => undefined;
  position = async () => this.at;
  async apply(batch: StoredEvent[]) {
    await this.before();
    batch.forEach((event, i) => {
      if (event.pos !== this.at!.pos + 1 + i || event.logId !== this.at!.logId) throw new Error(`gap at ${event.pos}`);
    });
    this.applied.push(...batch);
    this.batches.push(batch.length);
    this.at = { logId: this.at!.logId, pos: batch.at(-1)!.pos };
  }
  async reset(logId: string) {
    this.resets.push(logId);
    this.applied = [];
    this.at = { logId, pos: 0 };
    return 0;
  }
}

const deployment = new TestDeployment();
let owner: Bus;
let log: FakeLog;
let publisher: FramePublisherJs;
let beacon: HeadBeacon;
let reads: LogReadServer;
let consumer: FrameConsumer;
let sink: RecordingSink;
const errors: unknown[] = [];

beforeAll(async () => {
  owner = await deployment.bus();
  await ensureStreams(owner, { replicas: 1 });
});
beforeEach(() => {
  log = newLog();
  publisher = new FramePublisherJs(owner, 'auth', 'auth');
  const head = () => ({ logId: log.logId, pos: log.head() });
  beacon = new HeadBeacon({ bus: owner, service: 'auth', log: 'auth', head, everyMs: 50 });
  reads = serveLogReads(owner, 'auth', 'auth', {
    get logId() {
      return log.logId;
    },
    head: () => log.head(),
    readAfter: (pos, limit) => log.readAfter(pos, limit),
  });
  sink = new RecordingSink();
  errors.length = 0;
});
afterEach(async () => {
  await consumer.stop();
  beacon.stop();
  await reads.stop();
});
afterAll(() => deployment.close());

function consume(bus: Bus): FrameConsumer {
  const rpc = new RpcClient({ bus, clock: systemClock });
  const report = (error: unknown) => void errors.push(error);
  consumer = new FrameConsumer({ bus, rpc, service: 'auth', log: 'auth', sink, report });
  consumer.start();
  return consumer;
}

const publish = (events: StoredEvent[]) =>
  publisher.publish({
    logId: events[0]!.logId,
    from: events[0]!.pos,
    to: events.at(-1)!.pos,
    types: ['thing.happened'],
    body: JSON.stringify({ events }),
  });

/** Until frames arrive by themselves: one was applied and the log was not asked. */
async function live(): Promise<void> {
  for (let before = -1; before !== log.reads;) {
    before = log.reads;
    await publish(log.append(1));
    await consumer.settled(log.head());
  }
}

/** As `FrameConsumer.settled`, for a sink that another log resets meanwhile. */
const appliedAll = () => until(() => sink.at?.logId === log.logId && sink.applied.length === log.head());

const whole = () => expect(sink.applied).toEqual(log.events);

describe('FrameConsumer', () => {
  it('starts from nothing: reads the log, then takes frames', async () => {
    log.append(1_203);
    consume(await deployment.bus());
    await consumer.caughtUp();
    expect(consumer.position()).toBe(1_203);
    expect(sink.resets).toEqual([log.logId]);
    await live();
    const { reads: before } = log;
    for (let i = 0; i < 20; i++) await publish(log.append(3));
    await consumer.settled(log.head());
    whole();
    expect(log.reads).toBe(before);
    expect(Math.max(...sink.batches)).toBeLessThanOrEqual(500);
    expect(errors).toEqual([]);
  });

  it('goes on from where the sink stands', async () => {
    log.append(10);
    sink.at = { logId: log.logId, pos: 7 };
    consume(await deployment.bus());
    await consumer.settled(10);
    expect(sink.applied.map(({ pos }) => pos)).toEqual([8, 9, 10]);
    expect(sink.resets).toEqual([]);
  });

  it('puts frames together that came while the sink was busy', async () => {
    consume(await deployment.bus());
    await live();
    const { reads: before } = log;
    let release!: () => void;
    const busy = new Promise<void>((resolve) => (release = resolve));
    sink.before = () => busy;
    sink.batches = [];
    for (let i = 0; i < 30; i++) await publish(log.append(2));
    release();
    await consumer.settled(log.head());
    whole();
    expect(sink.batches.length).toBeLessThan(10);
    expect(log.reads).toBe(before);
  });

  it('reads from the log what the frames did not bring: lost, reordered, doubled, broken, too large', async () => {
    consume(await deployment.bus());
    await live();
    const [a, , c, d, e] = [log.append(2), log.append(3), log.append(4), log.append(1), log.append(2)];
    await publish(c!);
    await publish(a!);
    await publish(c!);
    await publisher.publish({ logId: log.logId, from: d![0]!.pos, to: d![0]!.pos, types: [], body: 'no json' });
    await publish(e!);
    await consumer.settled(log.head());
    whole();
    await publish(log.append(1, 'y'.repeat(900_000)));
    await consumer.settled(log.head());
    whole();
  });

  it('notices by the beacon that the last frame was lost', async () => {
    consume(await deployment.bus());
    await live();
    log.append(5);
    beacon.start();
    await consumer.settled(log.head());
    whole();
  });

  it('loses nothing when every stream is deleted while it runs, and takes frames again afterwards', async () => {
    consume(await deployment.bus());
    const jsm = await owner.jsm();
    for (let round = 0; round < 2; round++) {
      await live();
      for (let i = 0; i < 10; i++) await publish(log.append(2));
      for (const { name } of STREAMS) {
        await jsm.streams.delete(streamName(owner.prefix, name)).catch((error: Error) => {
          if (error.message !== 'stream not found') throw error;
        });
      }
      for (let i = 0; i < 10; i++) await publish(log.append(2));
      await consumer.settled(log.head());
      whole();
    }
    await live();
    whole();
  });

  it('makes the stream itself when there is none and nobody publishes', async () => {
    const bus = await deployment.bus();
    await ensureStreams(bus, { replicas: 1 });
    const jsm = await owner.jsm();
    await jsm.streams.delete(streamName(owner.prefix, 'EVT_AUTH'));
    consume(bus);
    for (let there = false; !there;) {
      for await (const name of jsm.streams.names()) there ||= name === streamName(owner.prefix, 'EVT_AUTH');
    }
    await live();
    whole();
  });

  it('starts over when the log is another one, told by a frame', async () => {
    consume(await deployment.bus());
    await live();
    const before = log.logId;
    log = newLog();
    await publish(log.append(2));
    await appliedAll();
    whole();
    expect(sink.resets).toEqual([before, log.logId]);
  });

  it('starts over when the log is another one, told by the beacon, although it is shorter', async () => {
    consume(await deployment.bus());
    await publish(log.append(9));
    await live();
    log = newLog();
    log.append(3);
    beacon.start();
    await appliedAll();
    whole();
  });

  it('ignores frames of a log that is not the one that answers', async () => {
    consume(await deployment.bus());
    await live();
    await publish(newLog().append(20));
    await publish(log.append(1));
    await consumer.settled(log.head());
    whole();
    expect(sink.resets).toEqual([log.logId]);
  });

  it('gives a sink that fails the same again, and reports each time', async () => {
    consume(await deployment.bus());
    await live();
    let failures = 0;
    sink.before = () => {
      if (failures++ < 2) throw new Error(`failure ${failures}`);
    };
    await publish(log.append(3));
    await consumer.settled(log.head());
    whole();
    expect(errors.map((error) => (error as Error).message)).toEqual(['failure 1', 'failure 2']);
  });

  it('follows a sink that somebody else has moved on', async () => {
    consume(await deployment.bus());
    await live();
    let once = true;
    sink.before = () => {
      if (!once) return;
      once = false;
      const pos = sink.at!.pos + 2;
      sink.applied = log.events.slice(0, pos);
      sink.at = { logId: log.logId, pos };
      throw new Error('the position has moved');
    };
    await publish(log.append(4));
    await consumer.settled(log.head());
    whole();
  });

  it('waits for a writer that is away', async () => {
    await reads.stop();
    log.append(5);
    consume(await deployment.bus());
    reads = serveLogReads(owner, 'auth', 'auth', log);
    await consumer.settled(5);
    whole();
    expect(errors).toEqual([]);
  });

  it('survives a cut connection: what happened meanwhile is there afterwards', async () => {
    const { bus, cut, restore } = await deployment.cuttable();
    consume(bus);
    await live();
    cut();
    await until(() => !bus.connected);
    await publish(log.append(3));
    log.append(1);
    restore();
    await consumer.settled(log.head());
    whole();
    await live();
  });

  it('goes on after it was stopped and started again', async () => {
    consume(await deployment.bus());
    await live();
    await consumer.stop();
    await publish(log.append(2));
    consumer.start();
    await consumer.settled(log.head());
    await live();
    whole();
  });

  it('stops also in the moment in which its messages begin to come', async () => {
    const bus = await deployment.bus();
    const get = bus.js.consumers.get.bind(bus.js.consumers);
    let stopped: Promise<void> | null = null;
    jest.spyOn(bus.js.consumers, 'get').mockImplementation(async (...of) => {
      const ordered = await get(...of);
      const consumeOf = ordered.consume.bind(ordered);
      ordered.consume = async (options) => {
        const messages = await consumeOf(options);
        stopped = consumer.stop();
        return messages;
      };
      return ordered;
    });
    consume(bus);
    await until(() => stopped !== null);
    await stopped;
    await publish(log.append(1));
    expect(consumer.position()).toBe(0);
  });

  it('does not inherit the deadline of the call that started it', async () => {
    const bus = await deployment.bus();
    startCall({ requestId: 'r', budgetMs: 0, clock: systemClock }, () => consume(bus));
    log.append(3);
    await consumer.settled(3);
    whole();
  });

  it('ends whoever waits for a position that will not come', async () => {
    consume(await deployment.bus());
    await consumer.caughtUp();
    const waiting = consumer.settled(99);
    await Promise.all([expect(waiting).rejects.toThrow('test.recording stopped at 0, before 99'), consumer.stop()]);
  });
});
