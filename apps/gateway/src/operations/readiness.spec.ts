import { LOG_SERVICES } from '@ganglion/contracts';
import { FixedClock } from '@ganglion/kernel';
import type { Bus, RpcClient } from '@ganglion/messaging';
import type { Fences } from '../session/fences.service.js';
import { Readiness } from './readiness.service.js';

/** Services that count how often they are asked, and answer when told. */
function services() {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const state = { ready: true, fence: [] as string[] };
  const rpc = {
    each: (service: string) => {
      asked.push(service);
      return new Promise((resolve) => waiting.push(() => resolve([{ ready: state.ready, problems: [] }])));
    },
  };
  const clock = new FixedClock();
  const fences = { problems: () => state.fence };
  const readiness = new Readiness(
    rpc as unknown as RpcClient,
    { connected: true } as Bus,
    fences as unknown as Fences,
    clock,
  );
  return { asked, state, clock, readiness, answer: () => waiting.splice(0).forEach((answer) => answer()) };
}

describe('Readiness', () => {
  it('asks each service once, however many want to know at the same time and in the second after', async () => {
    const { asked, readiness, clock, answer } = services();
    const several = Array.from({ length: 50 }, () => readiness.problems());
    clock.advance(5_000); // a slow answer is waited for, not asked for again
    several.push(readiness.problems());
    answer();
    expect(await Promise.all(several)).toEqual(Array(51).fill([]));
    clock.advance(999);
    expect(await readiness.problems()).toEqual([]);
    expect(asked).toHaveLength(LOG_SERVICES.length);
  });

  it('asks again after a second', async () => {
    const { asked, state, readiness, clock, answer } = services();
    const before = readiness.problems();
    answer();
    expect(await before).toEqual([]);
    state.ready = false;
    clock.advance(1_000);
    const after = readiness.problems();
    answer();
    expect(await after).toEqual(LOG_SERVICES.map((service) => `${service} is not ready`));
    expect(asked).toHaveLength(2 * LOG_SERVICES.length);
  });

  it('says at once what is wrong with this process itself', async () => {
    const { state, readiness, answer } = services();
    const before = readiness.problems();
    answer();
    await before;
    state.fence = ['the fence of auth does not hold'];
    expect(await readiness.problems()).toEqual(['the fence of auth does not hold']);
  });

  it('is content with one instance of a service that is ready, and names the problems of all when none is', async () => {
    const problem = '3 virtual shards have no owner';
    const reports = [
      { ready: false, problems: [problem] },
      { ready: true, problems: [] },
    ];
    const rpc = { each: async () => reports } as unknown as RpcClient;
    const fences = { problems: () => [] } as unknown as Fences;
    const clock = new FixedClock();
    const readiness = new Readiness(rpc, { connected: true } as Bus, fences, clock);
    expect(await readiness.problems()).toEqual([]);
    reports.pop();
    reports.push({ ready: false, problems: [problem] });
    clock.advance(1_000);
    expect(await readiness.problems()).toEqual(LOG_SERVICES.map((service) => `${service}: ${problem}`));
  });
});
