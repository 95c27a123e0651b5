import { nextFailures, waitMs } from './backoff.js';

const times = { firstMs: 2_000, maxMs: 3_600_000, jitter: 0 };

describe('waits of a failing lane', () => {
  it('AS-142 double from 2 s to 512 s and stay there', () => {
    const waits: number[] = [];
    for (let failures = 1; waits.length < 11; failures = nextFailures(failures)) waits.push(waitMs(failures, times, 0));
    expect(waits.map((ms) => ms / 1_000)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512]);
  });

  it('are shortened by chance, by no more than the share of jitter', () => {
    expect(waitMs(1, { ...times, jitter: 0.1 }, 1)).toBe(1_800);
    expect(waitMs(1, { ...times, jitter: 0.1 }, 0)).toBe(2_000);
  });

  it('AS-150 are at least as long as the appservice asks, and never longer than the limit', () => {
    expect(waitMs(1, times, 0, 20_000)).toBe(20_000);
    expect(waitMs(6, times, 0, 20_000)).toBe(64_000);
    expect(waitMs(1, { ...times, maxMs: 10_000 }, 0, 20_000)).toBe(10_000);
  });
});
