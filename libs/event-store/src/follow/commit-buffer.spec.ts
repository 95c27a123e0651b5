import fc from 'fast-check';
import type { LogEntry } from '../log/entry.js';
import { CommitBuffer } from './commit-buffer.js';

const entry = (pos: number) => ({ event: { pos }, json: '' }) as unknown as LogEntry;

describe('commit buffer', () => {
  it('gives exactly the kept entries that follow without a gap', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            skip: fc.nat(2),
            size: fc.integer({ min: 1, max: 5 }),
            takes: fc.array(fc.nat(6), { maxLength: 3 }),
          }),
        ),
        (steps) => {
          const buffer = new CommitBuffer(12);
          let kept: number[] = [];
          let [written, pos] = [0, 0];
          for (const { skip, size, takes } of steps) {
            const batch = Array.from({ length: size }, (_, i) => written + skip + 1 + i);
            written += skip + size;
            if (kept.length + size > 12) kept = [];
            kept.push(...batch);
            buffer.push(batch.map(entry));
            for (const max of takes) {
              const taken = buffer.take(pos, max).map(({ event }) => event.pos);
              kept = kept.filter((one) => one > pos);
              const expected: number[] = [];
              while (expected.length < max && kept[0] === pos + expected.length + 1) expected.push(kept.shift()!);
              expect(taken).toEqual(expected);
              pos = taken.at(-1) ?? pos;
            }
            // Now and then the reader takes the hole from the database instead.
            if (kept.length > 0 && kept[0]! > pos + 1) pos = kept[0]! - 1;
          }
        },
      ),
    ));

  it('does not keep a batch that is bigger than itself', () => {
    const buffer = new CommitBuffer(2);
    buffer.push([1, 2, 3].map(entry));
    expect(buffer.take(0, 9)).toEqual([]);
  });
});
