import { headers, type StoredEvent, subjects } from '@ganglion/contracts';
import type { Frame } from '@ganglion/event-store';
import { Journal } from './pipeline-check.fixture.js';
import {
  between,
  type Chance,
  chanceOf,
  Flawed,
  Naive,
  seeds,
  shuffled,
  Unreliable,
} from './pipeline-faults.fixture.js';
import { Pipeline, type Reader } from './pipeline.fixture.js';
import { Callers, LOG, SERVICE, type Writer } from './pipeline-writer.fixture.js';

// The whole way: append → relay → JetStream → consumer → projection in another database, with real servers. Whatever happens
// on it, nothing is lost, doubled or reordered: the projection equals a rebuild, and what the appends have promised.

let pipeline: Pipeline;
let journal: Journal;
let chance: Chance;

beforeAll(async () => (pipeline = await Pipeline.open()));
beforeEach(() => (journal = new Journal()));
afterEach(() => pipeline.clear());
afterAll(() => pipeline.close());

const callers = (name = 'event') => new Callers(name, chance, journal);

async function follow(database?: string): Promise<Reader> {
  const reader = pipeline.reader(database ?? (await pipeline.listsDatabase()));
  reader.consumer.start();
  return reader;
}

/** Until a frame comes through by itself: something was applied and the log was not asked. */
async function live(writer: Writer, reader: Reader): Promise<void> {
  for (let before = -1; before !== writer.reads;) {
    before = writer.reads;
    await callers(`live-${writer.log.head()}`).append(writer, 1);
    await reader.consumer.settled(writer.log.head());
  }
}

/** The projection has everything, and it is right. */
async function expectWhole(writer: Writer, reader: Reader): Promise<void> {
  await reader.stands(writer.head());
  expect(await pipeline.verdict(await reader.projection.lists(), writer, journal)).toEqual([]);
}

describe.each(seeds())('from the log to a projection elsewhere (GANGLION_TEST_SEED=%i)', (seed) => {
  beforeEach(() => (chance = chanceOf(seed)));

  it('loses, doubles and reorders nothing when frames are dropped, doubled and delayed', async () => {
    const broker = new Unreliable(pipeline.broker, chanceOf(-seed));
    const writer = await pipeline.writer(await pipeline.logDatabase(), () => broker);
    const reader = await follow();
    await live(writer, reader);
    const before = writer.log.head();
    await callers().append(writer, 1_000);
    await writer.relay!.drained(writer.log.head());
    await broker.release();
    await reader.consumer.settled(writer.log.head());

    await expectWhole(writer, reader);
    expect(Math.min(...Object.values(broker.dealt))).toBeGreaterThan(10);
    // It was not the log alone that was read: frames took part.
    const fromFrames = journal.acknowledged.filter(({ pos }) => pos > before && !writer.asked.has(pos));
    expect(fromFrames.length).toBeGreaterThan(0);
    expect(reader.errors).toEqual([]);
  });

  it('loses nothing when every stream is deleted again and again, and frames come again afterwards', async () => {
    const writer = await pipeline.writer(await pipeline.logDatabase());
    const reader = await follow();
    await live(writer, reader);
    await callers().append(writer, 1_000, async () => {
      for (let round = 0; round < 5; round++) {
        await journal.further(between(chance, 1, 300));
        await pipeline.deleteStreams();
      }
    });
    await reader.consumer.settled(writer.log.head());
    await live(writer, reader);

    await expectWhole(writer, reader);
    expect(reader.errors).toEqual([]);
  });

  it('goes on where the projection stands when readers stop, start, are forgotten and cut off', async () => {
    const writer = await pipeline.writer(await pipeline.logDatabase());
    await callers('before').append(writer, 300);
    const database = await pipeline.listsDatabase();
    let reader = (await Promise.all([follow(database), follow(database), follow(database)]))[0];
    const troubles = [
      async () => {
        await reader.consumer.stop();
        reader.consumer.start();
      },
      async () => {
        await reader.consumer.stop();
        reader = await follow(database);
      },
      // The old one is dropped without being stopped: it goes on beside the new one.
      async () => void (reader = await follow(database)),
      () => reader.cut(),
      async () => {
        const cut = reader.cut();
        reader = await follow(database);
        await cut;
      },
    ];
    await callers().append(writer, 1_000, async () => {
      for (const trouble of shuffled(chance, [...troubles, ...troubles])) {
        await journal.further(between(chance, 1, 120));
        await trouble();
      }
    });
    await reader.consumer.settled(writer.log.head());

    await expectWhole(writer, reader);
  });

  it('forgets the future that a restore has undone, and nothing else', async () => {
    const end = (writer: Writer) => (chance() < 0.5 ? writer.stop() : writer.kill());
    const original = await pipeline.logDatabase();
    const lists = await pipeline.listsDatabase();
    const readers = [await follow(lists), await follow(lists)] as const;
    let writer = await pipeline.writer(original);
    await callers('past').append(writer, 400);
    await end(writer);
    const backup = await pipeline.copyOf(original);
    const past = journal;
    const undone: Frame[] = [];

    for (let round = 0; round < 3; round++) {
      journal = past.fork();
      writer = await pipeline.writer(round === 0 ? original : await pipeline.restored(backup), (broker) => ({
        publish: async (frame) => {
          undone.push(frame);
          await broker.publish(frame);
        },
      }));
      await callers(`future-${round}`).append(writer, between(chance, 50, 400), async () => {
        for (const frame of undone.splice(0)) await pipeline.broker.publish(frame);
      });
      await readers[0].stands(writer.head());
      const known = await readers[0].projection.lists();
      expect(known.some(({ payload }) => payload.startsWith(`{"n":"future-${round}-`))).toBe(true);
      if (round < 2) await end(writer);
    }

    await expectWhole(writer, readers[0]);
    await live(writer, readers[1]);
    await expectWhole(writer, readers[1]);
  });

  it('publishes what was committed when the writer was killed before it could', async () => {
    const published = new Set<number>();
    const frames = pipeline.readerBus.subscribe(subjects.frames(SERVICE, LOG), ({ headers: of }) => {
      const [from, to] = [headers.from, headers.to].map((name) => Number(of!.get(name)));
      for (let pos = from!; pos <= to!; pos++) published.add(pos);
    });
    const database = await pipeline.logDatabase();
    const reader = await follow();
    const silent = await pipeline.writer(database, null);
    await callers('silent').append(silent, 300);
    await silent.kill();
    for (let round = 0; round < 4; round++) {
      const writer = await pipeline.writer(database);
      await callers(`killed-${round}`).append(writer, 0, async () => {
        await journal.further(between(chance, 1, 200));
        await writer.kill();
      });
    }
    const writer = await pipeline.writer(database);
    await callers('last').append(writer, 100);
    await reader.consumer.settled(writer.log.head());

    await expectWhole(writer, reader);
    await writer.relay!.drained(writer.log.head());
    await frames.drain();
    const all = Array.from({ length: writer.log.head() }, (_, i) => i + 1);
    expect(all.filter((pos) => !published.has(pos))).toEqual([]);
  });
});

describe('the check that all these tests rely on', () => {
  beforeEach(() => (chance = chanceOf(1)));

  it.each<[string, (batch: readonly StoredEvent[]) => StoredEvent[], string]>([
    ['leaves an event out', ([, ...rest]) => rest, 'lost'],
    ['writes an event twice', ([first, ...rest]) => [first!, first!, ...rest], 'doubled'],
    ['swaps two events', ([first, second, ...rest]) => [second!, first!, ...rest], 'reordered'],
    ['changes an event', ([first, ...rest]) => [{ ...first!, data: { n: 'other' } }, ...rest], 'invented'],
  ])('finds out when a projection %s', async (_, flaw, fault) => {
    const writer = await pipeline.writer(await pipeline.logDatabase());
    await callers().append(writer, 50);
    const reader = pipeline.reader(await pipeline.listsDatabase(), (pool) => new Flawed(pool, flaw));
    reader.consumer.start();
    await reader.consumer.settled(writer.log.head());

    const verdict = await pipeline.verdict(await reader.projection.lists(), writer, journal);
    expect(verdict).toContainEqual(expect.stringContaining(`against a rebuild: ${fault}: `));
    expect(verdict).toContainEqual(expect.stringContaining(`against what was acknowledged: ${fault}: `));
  });

  it('finds out when a reader trusts that frames arrive once and in order', async () => {
    const broker = new Unreliable(pipeline.broker, chanceOf(2));
    const writer = await pipeline.writer(await pipeline.logDatabase(), () => broker);
    const { projection } = pipeline.reader(await pipeline.listsDatabase(), (pool) => new Naive(pool));
    const frames = pipeline.readerBus.subscribe(subjects.frames(SERVICE, LOG), ({ data }) =>
      projection.take(Buffer.from(data).toString()),
    );
    await pipeline.readerBus.flush();
    await callers().append(writer, 400);
    await writer.relay!.drained(writer.log.head());
    await broker.release();
    await frames.drain();
    await projection.idle();

    const verdict = await pipeline.verdict(await projection.lists(), writer, journal);
    for (const fault of ['lost', 'doubled']) {
      expect(verdict).toContainEqual(expect.stringContaining(`against a rebuild: ${fault}: `));
      expect(verdict).toContainEqual(expect.stringContaining(`against what was acknowledged: ${fault}: `));
    }
  });
});
