import type { Timers } from '@ganglion/event-store';
import { FixedClock } from '@ganglion/kernel';
import { AvailabilityQueue } from './availability-queue.service.js';

describe('asking which names are free', () => {
  const clock = new FixedClock();
  /** Delays that are under way; ending them is what time does. */
  let delays: (() => void)[];
  const timers: Timers = {
    after: (_delayMs, run) => {
      delays.push(run);
      return () => undefined;
    },
  };
  const queueOf = (perSecond: number) => new AvailabilityQueue({ perSecond, clock, timers });
  beforeEach(() => {
    delays = [];
    clock.advance(10_000);
  });

  it('slows down who asks more often than every two seconds', async () => {
    const queue = queueOf(1);
    expect(await queue.run('a', async () => 1)).toBe(1);
    const second = queue.run('a', async () => 2);
    expect(await queue.run('b', async () => 'another address')).toBe('another address');
    expect(delays).toHaveLength(1);
    delays[0]!();
    expect(await second).toBe(2);
    clock.advance(2_000);
    expect(await queue.run('a', async () => 3)).toBe(3);
    expect(delays).toHaveLength(1);
  });

  it('answers one at a time, lets one wait and refuses further ones', async () => {
    const queue = queueOf(1);
    await queue.run('a', async () => 0);
    const [first, second] = [queue.run('a', async () => 1), queue.run('a', async () => 2)];
    await expect(queue.run('a', async () => 3)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    delays[0]!();
    expect(await first).toBe(1);
    delays[1]!();
    expect(await second).toBe(2);
  });

  it('leaves everybody alone where registration is not limited', async () => {
    const queue = queueOf(1_000_000);
    const answers = Array.from({ length: 20 }, (_, nr) => queue.run('a', async () => nr));
    expect(await Promise.all(answers)).toHaveLength(20);
    expect(delays).toHaveLength(0);
  });
});
