import { makeIds, UPPER_LETTERS } from './ids.js';

describe('ids', () => {
  it('makes version 7 identifiers that sort by time', () => {
    let now = 1_700_000_000_000;
    const ids = makeIds(() => now);
    const first = ids.eventId();
    now += 1;
    const second = ids.eventId();
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first < second).toBe(true);
  });

  it('draws exactly as many letters as asked, skipping bytes that would bias the draw', () => {
    const bytes = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 255 : 1));
    expect(makeIds(() => 0, bytes).random(10, UPPER_LETTERS)).toBe('BBBBBBBBBB');
  });
});
