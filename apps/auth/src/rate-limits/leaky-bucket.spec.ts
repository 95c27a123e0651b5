import fc from 'fast-check';
import { pour, unpour, type Bucket, type BucketRule } from './leaky-bucket.js';

/** Pours at each of these seconds; true where it fitted, else how long to wait. */
function poured(rule: BucketRule, ...seconds: number[]): (true | number)[] {
  let bucket: Bucket | undefined;
  return seconds.map((second) => {
    const attempt = pour(bucket, rule, second * 1000);
    if (!attempt.ok) return attempt.retryAfterMs;
    bucket = attempt.bucket;
    return true;
  });
}

describe('the leaky bucket', () => {
  it('AUTH-204 lets one through every ten seconds', () =>
    expect(poured({ perSecond: 0.1, burst: 1 }, 0, 5, 10)).toEqual([true, 5_000, true]));
  it('AUTH-205 charges nothing for what it refuses', () => {
    const rule = { perSecond: 0.1, burst: 3 };
    expect(poured(rule, 0, 0, 0, 0, 0, 10)).toEqual([true, true, true, 10_000, 10_000, true]);
  });
  it('AUTH-206 leaks while it is being filled', () => {
    const answers = poured({ perSecond: 0.1, burst: 3 }, 0, 0.1, 0.2, 10.1, 11.1);
    expect(answers.map((answer) => answer === true)).toEqual([true, true, true, true, false]);
  });
  it('refuses everything when it holds nothing', () =>
    expect(poured({ perSecond: 0, burst: 0 }, 0, 1_000_000)).toEqual([86_400_000, 86_400_000]));
  it('takes back what turned out not to count', () => {
    const rule = { perSecond: 0.1, burst: 1 };
    const first = pour(undefined, rule, 0);
    if (!first.ok) throw new Error('the first one must fit');
    expect(pour(unpour(first.bucket, rule, 0), rule, 0)).toMatchObject({ ok: true });
    expect(unpour({ level: 0, atMs: 0 }, rule, 0).level).toBe(0);
  });

  it('always fits after the wait it asked for', () => {
    const rules = fc.record({
      perSecond: fc.double({ min: 0.001, max: 100, noNaN: true }),
      burst: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(rules, fc.array(fc.nat({ max: 5_000 }), { maxLength: 30 }), (rule, gapsMs) => {
        let [bucket, nowMs]: [Bucket | undefined, number] = [undefined, 0];
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          const attempt = pour(bucket, rule, nowMs);
          if (attempt.ok) bucket = attempt.bucket;
          else expect(pour(bucket, rule, nowMs + attempt.retryAfterMs)).toMatchObject({ ok: true });
        }
      }),
    );
  });
});
