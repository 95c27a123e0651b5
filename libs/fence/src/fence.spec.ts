import { subjects } from '@ganglion/contracts';
import { FixedClock, type Timers } from '@ganglion/kernel';
import { NobodyListens, type FenceBus } from './fence-bus.js';
import { Fence } from './fence.js';
import { HolderStopped, type FenceHolder } from './fence-holder.js';

const LOG = 'auth';
const flush = () => new Promise((resolve) => setImmediate(resolve));

/** A bus in memory, processes on it, and a clock that moves when somebody waits. */
function world() {
  const clock = new FixedClock();
  const servers = new Set<(body: unknown) => Promise<unknown>>();
  const lost = { answers: false };
  const bus = {
    ask: async (subject: string, body: unknown) => {
      expect(subject).toBe(subjects.fenceWait(LOG));
      if (servers.size === 0) throw new NobodyListens();
      const answers = await Promise.all([...servers].map((serve) => serve(body)));
      const answer = answers.find((one) => one !== undefined);
      if (answer === undefined || lost.answers) throw new Error('timeout');
      return answer;
    },
    serve: (_subject: string, handler: (body: unknown) => Promise<unknown>) => {
      servers.add(handler);
      return () => servers.delete(handler);
    },
  } as unknown as FenceBus;
  const timers: Timers = {
    after: (delayMs, run) => {
      clock.advance(delayMs);
      setImmediate(run);
      return () => undefined;
    },
  };
  const process = (logId = 'l') => {
    const waiting: { pos: number; done: () => void; fail: (reason: Error) => void }[] = [];
    const holder = {
      start: async () => undefined,
      stop: () => waiting.splice(0).forEach(({ fail }) => fail(new HolderStopped())),
      barrier: (pos: number) => new Promise<void>((done, fail) => waiting.push({ pos, done, fail })),
    } as unknown as FenceHolder;
    const fence = new Fence({ bus, log: LOG, logId, makeHolder: () => holder, clock, timers, patienceMs: 38_200 });
    const asked = () => waiting.map(({ pos }) => pos);
    return { fence, asked, settle: () => waiting.splice(0).forEach(({ done }) => done()) };
  };
  return { clock, lost, process };
}

describe('Fence', () => {
  it('asks its own holder, and from another process the one that holds it', async () => {
    const { process } = world();
    const [holding, other] = [process(), process()];
    await holding.fence.hold();
    let inForce = 0;
    void holding.fence.barrier(3).then(() => inForce++);
    void other.fence.barrier(4).then(() => inForce++);
    await flush();
    expect(holding.asked()).toEqual([3, 4]);
    expect(inForce).toBe(0);
    holding.settle();
    await flush();
    expect(inForce).toBe(2);
  });

  it('asks the successor when the holder stops before it is in force', async () => {
    const { process } = world();
    const [first, second] = [process(), process()];
    await first.fence.hold();
    const mine = first.fence.barrier(5);
    const forwarded = second.fence.barrier(6);
    await flush();
    first.fence.release();
    await second.fence.hold();
    while (second.asked().length < 2) await flush();
    expect(second.asked().sort()).toEqual([5, 6]);
    second.settle();
    await Promise.all([mine, forwarded]);
  });

  it('asks again when the answer was lost', async () => {
    const { lost, process } = world();
    const [holding, other] = [process(), process()];
    await holding.fence.hold();
    lost.answers = true;
    const forwarded = other.fence.barrier(6);
    while (holding.asked().length === 0) await flush();
    holding.settle();
    await flush();
    lost.answers = false;
    while (holding.asked().length === 0) await flush();
    holding.settle();
    await forwarded;
  });

  it('says that it does not know when nobody holds it for longer than anybody could go on serving', async () => {
    const { clock, process } = world();
    const before = clock.monotonicMs();
    await expect(process().fence.barrier(1)).rejects.toMatchObject({ code: 'NOT_IN_FORCE_YET', kind: 'unavailable' });
    expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(38_200);
  });

  it('says nothing about positions of another log', async () => {
    const { process } = world();
    const [holding, restored] = [process(), process('restored')];
    await holding.fence.hold();
    await expect(restored.fence.barrier(1)).rejects.toMatchObject({ code: 'NOT_IN_FORCE_YET' });
    expect(holding.asked()).toEqual([]);
  });
});
