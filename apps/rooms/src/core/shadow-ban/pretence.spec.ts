import { pretenceDelayMs, pretendedEventId } from './pretence.js';

const KEY = Buffer.alloc(32, 7);

describe('pretended event ids', () => {
  it('look like real ones', () => {
    expect(pretendedEventId(KEY, ['@a:x', 't1'])).toMatch(/^\$[A-Za-z0-9_-]{43}$/);
  });

  it('are the same for the same request and differ otherwise', () => {
    expect(pretendedEventId(KEY, ['@a:x', 't1'])).toBe(pretendedEventId(KEY, ['@a:x', 't1']));
    expect(pretendedEventId(KEY, ['@a:x', 't1'])).not.toBe(pretendedEventId(KEY, ['@a:x', 't2']));
    expect(pretendedEventId(KEY, ['@a:x', 't1'])).not.toBe(pretendedEventId(Buffer.alloc(32, 8), ['@a:x', 't1']));
  });
});

describe('the delay of a dropped action', () => {
  const least = (min: number) => min;
  const most = (_: number, max: number) => max;

  it('is a whole number of seconds from the least to the greatest', () => {
    expect(pretenceDelayMs({ min: 1_000, max: 10_000 }, least)).toBe(1_000);
    expect(pretenceDelayMs({ min: 1_000, max: 10_000 }, most)).toBe(10_000);
    expect(pretenceDelayMs({ min: 1_500, max: 3_900 }, least)).toBe(2_000);
    expect(pretenceDelayMs({ min: 1_500, max: 3_900 }, most)).toBe(3_000);
  });

  it('is drawn by the millisecond where no whole second fits', () => {
    expect(pretenceDelayMs({ min: 100, max: 300 }, least)).toBe(100);
    expect(pretenceDelayMs({ min: 100, max: 300 }, most)).toBe(300);
  });

  it('is switched off by two zeros', () => {
    expect(pretenceDelayMs({ min: 0, max: 0 }, most)).toBe(0);
  });
});
