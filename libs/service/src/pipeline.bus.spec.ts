import type { StoredEvent } from '@ganglion/contracts';
import { resetLogIdentity } from '@ganglion/event-store';
import { subjects } from '@ganglion/contracts';
import { Journal } from './pipeline-check.fixture.js';
import { between, chanceOf, Flawed, Naive, oneOf, seeds, Unreliable } from './pipeline-faults.fixture.js';
import { Pipeline, type Reader } from './pipeline.fixture.js';
import { Sessions } from './pipeline-sessions.fixture.js';
import { Callers, LOG, SERVICE, type Writer } from './pipeline-writer.fixture.js';

// The whole way: append → relay → JetStream → consumer → projection in another database, everything real. Whatever happens
// on it, nothing may be lost, doubled or reordered: the projection equals a rebuild, and what the appends have promised.

describe.each(seeds())('from the log to a projection elsewhere (GANGLION_TEST_SEED=%i)', (seed) => {
  let pipeline: Pipeline;
  let journal: Journal;
  let chance: () => number;

  beforeAll(async () => (pipeline = await Pipeline.open()));
  beforeEach(() => {
    [journal, chance] = [new Journal(), chanceOf(seed)];
  });
  afterEach(async () => { const t = performance.now(); await pipeline.clear(); console.log('clear', performance.now() - t); });
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
      await callers(`live-${writer.head().pos}`).append(writer, 1);
      await reader.consumer.settled(writer.head().pos);
    }
  }

  /** The reader has everything, and it is right. */
  async function expectWhole(writer: Writer, reader: Reader): Promise<void> {
    await reader.stands(writer.head());
    expect(await pipeline.verdict(await reader.projection.lists(), writer, journal)).toEqual([]);
  }

  it('loses, doubles and reorders nothing when frames are dropped, doubled and delayed', async () => {
    let broker!: Unreliable;
    const writer = await pipeline.writer(
      await pipeline.logDatabase(),
      (real) => (broker = new Unreliable(real, chanceOf(seed + 1))),
    );
    const reader = await follow();
    await live(writer, reader);
    await callers().append(writer, 1_500);
    await writer.relay!.drained(writer.log.head());
    await broker.release();
    await reader.consumer.settled(writer.log.head());

    await expectWhole(writer, reader);
    expect(Math.min(...Object.values(broker.dealt))).toBeGreaterThan(10);
    const byFrames = journal.acknowledged.filter(({ pos }) => !writer.asked.has(pos));
    expect(byFrames.length).toBeGreaterThan(0);
    console.log(seed, broker.dealt, journal.acknowledged.length, 'by frames', byFrames.length, 'reads', writer.reads);
    expect(reader.errors).toEqual([]);
  });

  it('loses nothing when every stream is deleted again and again', async () => {
    const writer = await pipeline.writer(await pipeline.logDatabase());
    const reader = await follow();
    const deletions = async () => {
      for (let round = 0; round < 5; round++) {
        await journal.further(between(chance, 1, 300));
        await pipeline.deleteStreams();
      }
    };
    await live(writer, reader);
    await callers().append(writer, 1_500, deletions);
    await reader.consumer.settled(writer.log.head());
    await live(writer, reader);

    await expectWhole(writer, reader);
    console.log(journal.acknowledged.length, 'reads', writer.reads);
    expect(reader.errors).toEqual([]);
  });

  it('goes on where the projection stands when its readers are stopped, forgotten and cut off', async () => {
    const writer = await pipeline.writer(await pipeline.logDatabase());
    const database = await pipeline.listsDatabase();
    let reader = await follow(database);
    const fates = [
      async () => {
        await reader.consumer.stop();
        reader.consumer.start();
      },
      async () => {
        await reader.consumer.stop();
        reader = await follow(database);
      },
      // The old one goes on beside the new one.
      async () => void (reader = await follow(database)),
      () => reader.cut(),
      async () => {
        const [cut, next] = await Promise.all([reader.cut(), follow(database)]);
        reader = next;
        return cut;
      },
    ];
    const troubles = async () => {
      const order = [...fates, ...fates.map(() => oneOf(chance, fates))];
      for (const fate of order.sort(() => chance() - 0.5)) {
        await journal.further(between(chance, 1, 140));
        await fate();
      }
    };
    await callers().append(writer, 1_500, troubles);
    await reader.consumer.settled(writer.log.head());

    await expectWhole(writer, reader);
  });

  it('forgets the future that a restore has undone, and nothing else', async () => {
    const original = await pipeline.logDatabase();
    const lists = await pipeline.listsDatabase();
    const readers = [await follow(lists), await follow(lists)];
    let writer = await pipeline.writer(original);
    await callers('past').append(writer, 400);
    await (chance() < 0.5 ? writer.stop() : writer.kill());
    const backup = await pipeline.copyOf(original);
    const past = journal;

    for (let [round, database] = [0, original]; round < 3; round++) {
      // Until now it was the future of this database; the backup does not know it.
      if (round > 0) database = await restore(backup);
      journal = past.fork();
      writer = await pipeline.writer(database);
      const before = writer.head().pos;
      await callers(`future-${round}`).append(writer, between(chance, 50, 400));
      expect(writer.head().pos).toBeGreaterThan(before);
      await readers[0]!.stands(writer.head());
      expect((await readers[0]!.projection.lists()).some(({ payload }) => payload.includes(`future-${round}-`))).toBe(
        true,
      );
      if (round < 2) await (chance() < 0.5 ? writer.stop() : writer.kill());
    }

    await expectWhole(writer, readers[0]!);
    await live(writer, readers[0]!);
    await expectWhole(writer, readers[1]!);
  });

  it('publishes what was committed when the writer was killed before it could', async () => {
    const database = await pipeline.logDatabase();
    const reader = await follow();
    const silent = await pipeline.writer(database, null);
    await callers('silent').append(silent, 300);
    await silent.kill();
    for (let round = 0; round < 4; round++) {
      const writer = await pipeline.writer(database);
      const death = async () => {
        await journal.further(between(chance, 1, 200));
        await writer.kill();
      };
      await callers(`round-${round}`).append(writer, 0, death);
    }
    const writer = await pipeline.writer(database);
    await callers('last').append(writer, 100);
    await reader.consumer.settled(writer.log.head());
    console.log(journal.acknowledged.length, 'uncertain', journal.uncertain.size);

    await expectWhole(writer, reader);
  });

  async function restore(backup: string): Promise<string> {
    const database = await pipeline.copyOf(backup);
    const { pool } = new Sessions(database);
    try {
      await resetLogIdentity(pool, LOG);
    } finally {
      await pool.end();
    }
    return database;
  }

  describe('and the check itself', () => {
    it.each<[string, (batch: readonly StoredEvent[]) => StoredEvent[], RegExp]>([
      ['leaves an event out', ([, ...rest]) => rest, /^against a rebuild: lost: /],
      ['writes an event twice', ([first, ...rest]) => [first!, first!, ...rest], /^against a rebuild: doubled: /],
      ['swaps two events', ([a, b, ...rest]) => [b!, a!, ...rest], /^against a rebuild: reordered: /],
      ['changes an event', ([a, ...rest]) => [{ ...a!, data: { n: 'x' } }, ...rest], /^against a rebuild: lost: /],
    ])('finds out when a projection %s', async (_, flaw, complaint) => {
      const writer = await pipeline.writer(await pipeline.logDatabase());
      await callers().append(writer, 50);
      const reader = pipeline.reader(await pipeline.listsDatabase(), (pool) => new Flawed(pool, flaw));
      reader.consumer.start();
      await reader.consumer.settled(writer.log.head());

      const verdict = await pipeline.verdict(await reader.projection.lists(), writer, journal);
      expect(verdict).toContainEqual(expect.stringMatching(complaint));
      expect(verdict.map((line) => line.replace('a rebuild', 'what was acknowledged'))).toEqual(
        expect.arrayContaining(verdict.filter((line) => line.startsWith('against what was acknowledged'))),
      );
    });

    it('finds out when a reader trusts the order in which frames arrive', async () => {
      let broker!: Unreliable;
      const writer = await pipeline.writer(
        await pipeline.logDatabase(),
        (real) => (broker = new Unreliable(real, chanceOf(seed))),
      );
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
});
