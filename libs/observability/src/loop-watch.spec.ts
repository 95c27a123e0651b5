import { latenessMs, loopWatch } from './loop-watch.js';

/** Keeps the event loop for itself. */
function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('loopWatch', () => {
  it('is one for the process', () => {
    expect(loopWatch()).toBe(loopWatch());
  });

  it('tells of a loop that is late again and again, and forgets it when it no longer is', async () => {
    const watch = loopWatch();
    while (watch.delayMs() < 50) {
      block(100);
      await turn();
    }
    expect(watch.utilisation()).toBeGreaterThan(0.5);
    while (watch.delayMs() >= 50) await turn();
  });

  it('goes by the median of enough looks', () => {
    const looks = (count: number, medianMs: number) => ({
      count,
      percentile: (percentile: number) => (percentile === 50 ? medianMs * 1e6 : 9_999e6),
    });
    expect(latenessMs(looks(25, 20.5))).toBeCloseTo(0.5);
    expect(latenessMs(looks(25, 19.9))).toBe(0);
    expect(latenessMs(looks(3, 320))).toBe(300);
    expect(latenessMs(looks(2, 320))).toBeNull();
  });
});
