import { subjects } from '@ganglion/contracts';
import { FixedClock, type Timers } from '@ganglion/kernel';
import { createLogger } from '@ganglion/observability';
import type { FenceBus } from './fence-bus.js';
import { FenceHolder, type MemberStore } from './fence-holder.js';

const LOG = 'auth';
const HEAD = { logId: 'log-1', pos: 3 };
const TIMES = { leaseMs: 3_000, marginMs: 200, writerAbsentGraceMs: 1_000 };
const flush = () => new Promise((resolve) => setImmediate(resolve));

/** A holder, what it is asked, and time that passes when the test says so. */
async function holding() {
  const clock = new FixedClock();
  const ticks: (() => void)[] = [];
  const timers: Timers = {
    after: (_, run) => {
      ticks.push(run);
      return () => undefined;
    },
  };
  const handlers = new Map<string, (body: unknown) => unknown>();
  const hear = (subject: string, handler: (body: unknown) => unknown) => {
    handlers.set(subject, handler);
    return () => undefined;
  };
  const none = () => () => undefined;
  const bus = {
    serve: hear,
    listen: hear,
    publish: none,
    onReconnect: none,
    onDisconnect: none,
  } as unknown as FenceBus;
  const disk = new Set<string>();
  const store: MemberStore = {
    load: async () => [...disk],
    add: async (id) => void disk.add(id),
    remove: async (ids) => ids.forEach((id) => disk.delete(id)),
  };
  const lease = { holds: true };
  const holder = new FenceHolder({
    bus,
    log: LOG,
    holderId: 'auth-1/1',
    head: () => HEAD,
    holds: () => lease.holds,
    store,
    clock,
    timers,
    times: TIMES,
    logger: createLogger('test', 'silent'),
  });
  await holder.start();
  return {
    lease,
    disk,
    renew: () => handlers.get(subjects.fenceRenew(LOG))!({ memberId: 'gateway-1', applied: HEAD, life: '' }),
    leave: () => handlers.get(subjects.fenceLeave(LOG))!({ memberId: 'gateway-1' }),
    pass: async (ms: number) => {
      clock.advance(ms);
      for (const tick of ticks.splice(0)) tick();
      await flush();
    },
  };
}

describe('FenceHolder', () => {
  it('forgets a member that has been silent for longer than any grace', async () => {
    const { disk, renew, pass } = await holding();
    await renew();
    await pass(4_100);
    expect([...disk]).toEqual(['gateway-1']);
    await pass(200);
    expect([...disk]).toEqual([]);
  });

  it('that was stopped and has been succeeded takes nobody off the list, whom its successor may have to wait for', async () => {
    const { lease, disk, renew, leave, pass } = await holding();
    await renew();
    lease.holds = false;
    await pass(60_000);
    leave();
    await flush();
    expect([...disk]).toEqual(['gateway-1']);
  });

  it('takes off whoever says goodbye', async () => {
    const { disk, renew, leave } = await holding();
    await renew();
    leave();
    await flush();
    expect([...disk]).toEqual([]);
  });

  it('gives no lease once its own is over', async () => {
    const { lease, renew } = await holding();
    expect(await renew()).toMatchObject(HEAD);
    lease.holds = false;
    expect(await renew()).toBeUndefined();
  });
});
