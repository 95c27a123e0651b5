import { type Decider, type Event, fold, vshardOf } from '@ganglion/kernel';
import fc from 'fast-check';
import { lit, META, openLog, type TestDatabase, testDatabase } from '../database.fixture.js';
import { Fenced, VersionConflict } from '../log/event-log.errors.js';
import type { EventLog } from '../log/event-log.js';
import { Aggregates } from './aggregates.js';

type Paid = Event<'purse.paid_in', { amount: number }>;
type Purse = { total: number; history: number[] };

const types = { 'purse.paid_in': { v: 1 }, 'lamp.lit': { v: 1 } };
const decider: Decider<Purse, Paid> = {
  initial: () => ({ total: 0, history: [] }),
  evolve: (purse, { type, data }) =>
    type === 'purse.paid_in' ? { total: purse.total + data.amount, history: [...purse.history, data.amount] } : purse,
};
const payIn = (amount: number) => (): Paid[] => [{ type: 'purse.paid_in', data: { amount } }];
const streamOf = (id: string) => `purse-${id}`;

describe('aggregates', () => {
  let db: TestDatabase;
  const open: EventLog[] = [];
  const logOf = async (log?: string) => {
    const opened = await openLog(db, { types, ...(log && { log }) });
    open.push(opened);
    return opened;
  };
  const pursesOf = (log: EventLog, maxCached?: number) => new Aggregates({ log, decider, streamOf, maxCached });

  beforeAll(async () => (db = await testDatabase()));
  afterEach(async () => void (await Promise.all(open.splice(0).map((log) => log.close()))));
  afterAll(() => db.drop());

  it('folds, decides, appends, and knows the state afterwards', async () => {
    const log = await logOf();
    const purses = pursesOf(log);
    await purses.handle('a', payIn(2), META);
    const { events, state, pos } = await purses.handle('a', (purse) => [...payIn(purse.total)(), ...payIn(1)()], META);
    expect(state).toEqual({ total: 5, history: [2, 2, 1] });
    expect(events).toMatchObject([
      { pos: 2, ver: 2, stream: 'purse-a', vshard: vshardOf('a'), meta: META },
      { pos: 3, ver: 3 },
    ]);
    expect(pos).toBe(3);
    expect(await pursesOf(log).state('a')).toEqual(state);
  });

  it('appends nothing when nothing is decided, and answers with the position it looked at', async () => {
    const log = await logOf();
    const purses = pursesOf(log);
    await purses.handle('a', payIn(2), META);
    expect(await purses.handle('a', () => [], META)).toEqual({ events: [], state: { total: 2, history: [2] }, pos: 1 });
    expect(log.head()).toBe(1);
  });

  it('passes on a refusal and keeps what it knows', async () => {
    const log = await logOf();
    const purses = pursesOf(log);
    await purses.handle('a', payIn(2), META);
    const read = jest.spyOn(log, 'readStream');
    const refuse = () => {
      throw new Error('no');
    };
    await expect(purses.handle('a', refuse, META)).rejects.toThrow('no');
    expect(await purses.state('a')).toMatchObject({ total: 2 });
    expect(read).not.toHaveBeenCalled();
  });

  it('decides again on what another process wrote meanwhile', async () => {
    const here = await logOf();
    const there = await logOf(here.log);
    const mine = pursesOf(here);
    await here.claim([vshardOf('a')]);
    await mine.handle('a', payIn(1), META);
    await db.pool.query(
      `select append($1, $2, '{${vshardOf('a')}}', array[(select epoch from owner where log = $1 and vshard = $3)], 0,
      array[$3::int], '{purse-a}', '{2}', '{purse.paid_in}', '{1}', '{00000000-0000-7000-8000-000000000000}', '{"{}"}', '{null}', '{"{\\"amount\\":10}"}')`,
      [here.log, here.logId, vshardOf('a')],
    );
    const seen: number[] = [];
    const { state } = await mine.handle('a', (purse) => (seen.push(purse.total), payIn(100)()), META);
    expect(seen).toEqual([1, 11]);
    expect(state.history).toEqual([1, 10, 100]);
    expect(there.head()).toBe(0);
  });

  it('gives up after a few lost races', async () => {
    const log = await logOf();
    const purses = pursesOf(log);
    await log.append([lit('other', 1)]);
    let attempts = 0;
    const also = () => (attempts++, [lit('other', 1)]);
    await expect(purses.handle('a', payIn(1), META, also)).rejects.toThrow(VersionConflict);
    expect(attempts).toBe(5);
    expect(await purses.state('a')).toMatchObject({ total: 0 });
  });

  it('commits events of another stream together with its own, or neither', async () => {
    const log = await logOf();
    const purses = pursesOf(log);
    await log.append([lit('taken', 1)]);
    const attempts: Paid[][] = [];
    const { events, pos } = await purses.handle('a', payIn(3), META, async (decided) => {
      attempts.push(decided);
      return [lit('taken', attempts.length)];
    });
    expect(attempts).toEqual([payIn(3)(), payIn(3)()]);
    expect(events.map(({ stream }) => stream)).toEqual(['purse-a']);
    expect(pos).toBe(3);
    expect((await log.readAfter(1, 9)).map(({ stream }) => stream)).toEqual(['purse-a', 'taken']);
  });

  it('notices what another aggregate wrote to its stream', async () => {
    const log = await logOf();
    const purses = pursesOf(log);
    await purses.handle('a', payIn(3), META);
    const gift = { ...lit('purse-a', 2, { amount: 4 }), type: 'purse.paid_in' };
    await purses.handle('b', payIn(1), META, () => [gift]);
    expect(await purses.state('a')).toEqual({ total: 7, history: [3, 4] });
  });

  it('does not remember a state that became old while it was loaded', async () => {
    const log = await logOf();
    const purses = pursesOf(log);
    const read = log.readStream.bind(log);
    const spy = jest.spyOn(log, 'readStream').mockImplementationOnce(async (stream) => {
      const old = await read(stream);
      await log.append([{ ...lit('purse-a', 1, { amount: 4 }), type: 'purse.paid_in' }]);
      return old;
    });
    expect(await purses.state('a')).toMatchObject({ total: 0 });
    expect(await purses.state('a')).toMatchObject({ total: 4 });
    expect(spy).toHaveBeenCalledTimes(2);
  });

  it('is refused when it has lost the shard, and forgets every state when it takes it back', async () => {
    const here = await logOf();
    const mine = pursesOf(here);
    await mine.handle('a', payIn(1), META);
    const there = await logOf(here.log);
    await pursesOf(there).handle('a', payIn(2), META);
    await here.claim([vshardOf('a')]);
    expect(await mine.state('a')).toEqual({ total: 3, history: [1, 2] });
    await there.claim([vshardOf('a')]);
    await expect(mine.handle('a', payIn(1), META)).rejects.toThrow(Fenced);
  });

  it('ends where a sequential fold ends, however commands, processes and evictions interleave', async () => {
    const command = fc.record({
      purse: fc.constantFrom('a', 'b', 'c', 'd'),
      amount: fc.integer({ min: 1, max: 100 }),
      max: fc.integer({ min: 50, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        async (commands, maxCached) => {
          const log = await logOf();
          // Two caches on one log fight for the same streams, as a mistaken second owner would.
          const kinds = [pursesOf(log, maxCached), pursesOf(log, maxCached)];
          const capped =
            ({ amount, max }: { amount: number; max: number }) =>
            (purse: Purse): Paid[] =>
              purse.total + amount > max ? [] : payIn(amount)();
          const outcomes = await Promise.allSettled(
            commands.map((one, i) => kinds[i % 2]!.handle(one.purse, capped(one), META)),
          );
          for (const outcome of outcomes) {
            if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(VersionConflict);
          }
          for (const purse of ['a', 'b', 'c', 'd']) {
            const stream = await log.readStream(streamOf(purse));
            expect(stream.map(({ ver }) => ver)).toEqual(stream.map((_, i) => i + 1));
            const expected = fold(decider, stream as unknown as Paid[]);
            const acknowledged = outcomes.flatMap((outcome) =>
              outcome.status === 'fulfilled' ? outcome.value.events : [],
            );
            expect(
              acknowledged.filter((event) => event.stream === streamOf(purse)).sort((a, b) => a.ver - b.ver),
            ).toEqual(stream);
            for (const kind of kinds) expect(await kind.state(purse)).toEqual(expected);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
