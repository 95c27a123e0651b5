import { FixedClock } from '@ganglion/kernel';
import { Sweep } from './sweep.js';

describe('Sweep', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const entry = (sweep: Sweep, dueMs: number) => {
    const one = { dueMs, times: 0, due: () => (one.times++, sweep.remove(one)) };
    return one;
  };

  it('tells what is due within one round, and nothing else', () => {
    const clock = new FixedClock();
    const sweep = new Sweep(clock, 50);
    const [soon, later] = [entry(sweep, 60), entry(sweep, 500)];
    sweep.add(soon);
    sweep.add(later);
    for (const byMs of [50, 50]) {
      clock.advance(byMs);
      jest.advanceTimersByTime(byMs);
    }
    expect([soon.times, later.times]).toEqual([1, 0]);
  });

  it('runs no timer when there is nothing to watch', () => {
    const sweep = new Sweep(new FixedClock(), 50);
    const one = entry(sweep, 1_000);
    sweep.add(one);
    expect(jest.getTimerCount()).toBe(1);
    sweep.remove(one);
    jest.advanceTimersByTime(50);
    expect(jest.getTimerCount()).toBe(0);
    sweep.add(one);
    expect(jest.getTimerCount()).toBe(1);
  });
});
