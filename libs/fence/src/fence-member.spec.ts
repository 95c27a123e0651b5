import { FixedClock, type Timers } from '@ganglion/kernel';
import { createLogger } from '@ganglion/observability';
import type { FenceBus } from './fence-bus.js';
import { FenceMember } from './fence-member.js';

const HEAD = { logId: 'log-1', pos: 3 };
const never: Timers = { after: () => () => undefined };

function memberWith(ask: FenceBus['ask']) {
  const published: string[] = [];
  const none = () => () => undefined;
  const bus: FenceBus = {
    ask,
    serve: none,
    listen: none,
    onReconnect: none,
    onDisconnect: none,
    publish: (subject) => void published.push(subject),
  };
  const member = new FenceMember({
    bus,
    log: 'auth',
    memberId: 'gateway-1',
    applied: () => HEAD,
    clock: new FixedClock(),
    timers: never,
    times: { leaseMs: 3_000, marginMs: 200, writerAbsentGraceMs: 0 },
    renewEveryMs: 1_000,
    logger: createLogger('test', 'silent'),
  });
  return { member, published };
}

describe('FenceMember', () => {
  it('may not serve any more once it has said goodbye, whatever its lease', async () => {
    const { member, published } = memberWith(async () => ({ ...HEAD, life: 'a' }));
    member.start();
    expect(await member.mayServeWithin(1)).toBe(true);
    member.stop();
    expect(published).toEqual(['fence.auth.leave']);
    expect(member.mayServe()).toBe(false);
  });

  it('nor when the answer to its last renewal comes after that', async () => {
    let answer: (lease: unknown) => void = () => undefined;
    const { member } = memberWith(() => new Promise((resolve) => (answer = resolve)));
    member.start();
    member.stop();
    answer({ ...HEAD, life: 'a' });
    await new Promise(setImmediate);
    expect(member.mayServe()).toBe(false);
  });
});
