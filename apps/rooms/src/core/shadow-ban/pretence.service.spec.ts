import type { Config } from '@ganglion/config';
import { FixedClock } from '@ganglion/kernel';
import { startCall } from '@ganglion/messaging';
import { createRegistry } from '@ganglion/observability';
import { RoomsMetrics } from '../../rooms.metrics.js';
import { Pretence } from './pretence.service.js';

const BOUNDS = { moderation: { shadow_ban: { delay_ms: { min: 1_000, max: 10_000 } } } } as Config;

/** A pretence that draws the greatest delay, and timers that run when told to. */
function setUp() {
  const timers: { delayMs: number; run: () => void }[] = [];
  const after = (delayMs: number, run: () => void) => {
    timers.push({ delayMs, run });
    return () => undefined;
  };
  const metrics = new RoomsMetrics(createRegistry('rooms'));
  const pretence = new Pretence(BOUNDS, (_, max) => max, { after }, Buffer.alloc(32, 1), metrics);
  return { pretence, timers };
}

describe('a pretence', () => {
  it('answers when the drawn time has passed', async () => {
    const { pretence, timers } = setUp();
    let answered = '';
    const answering = pretence.eventId('@a:x', 'k').then((eventId) => (answered = eventId));
    await Promise.resolve();
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([10_000]);
    expect(answered).toBe('');
    timers[0]!.run();
    await answering;
    expect(answered).toMatch(/^\$[A-Za-z0-9_-]{43}$/);
  });

  it('answers before its caller gives up', () => {
    const { pretence, timers } = setUp();
    startCall({ requestId: 'r', budgetMs: 4_000, clock: new FixedClock() }, () => void pretence.delay('@a:x'));
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([3_500]);
  });

  it('keeps only so many waiting for one user', async () => {
    const { pretence, timers } = setUp();
    const waiting = Array.from({ length: 8 }, () => pretence.delay('@a:x'));
    await pretence.delay('@a:x');
    void pretence.delay('@b:x');
    expect(timers).toHaveLength(9);
    timers.forEach(({ run }) => run());
    await Promise.all(waiting);
    void pretence.delay('@a:x');
    expect(timers).toHaveLength(10);
  });
});
