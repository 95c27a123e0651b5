import fc from 'fast-check';
import { Assembly, CHUNK_BYTES, chunkAt, chunkCount, WINDOW } from './assembly.js';

const payload = (sizeBytes: number) =>
  Buffer.alloc(
    sizeBytes,
    Uint8Array.from({ length: 251 }, (_, i) => i),
  );
const sizes = fc.constantFrom(1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 7);

describe('Assembly', () => {
  it('gives the payload, whatever the order and however often chunks come', () => {
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (sizeBytes, chance) => {
        const bytes = payload(sizeBytes);
        const order = Array.from({ length: chunkCount(sizeBytes) }, (_, i) => i).flatMap((i) => [i, i]);
        order.sort(() => (chance.next().value % 3) - 1);
        const assembly = new Assembly(sizeBytes);
        const whole = order.map((i) => assembly.add(i, chunkAt(bytes, i)).bytes).filter((got) => got !== undefined);
        expect(whole).toHaveLength(1);
        expect(whole[0]!.equals(bytes)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('never becomes complete when one chunk is missing, or has another length, or is none of its own', () => {
    const bytes = payload(3 * CHUNK_BYTES);
    const assembly = new Assembly(bytes.length);
    expect(assembly.add(0, chunkAt(bytes, 0)).bytes).toBeUndefined();
    expect(assembly.add(1, chunkAt(bytes, 1)).bytes).toBeUndefined();
    expect(assembly.add(2, chunkAt(bytes, 2).subarray(1))).toEqual({});
    expect(assembly.add(3, chunkAt(bytes, 2))).toEqual({});
    expect(assembly.add(Number.NaN, chunkAt(bytes, 2))).toEqual({});
    expect(assembly.add(1, chunkAt(bytes, 1))).toEqual({});
  });

  it('asks for a window at first and then for one chunk as each arrives', () => {
    const bytes = payload(6 * CHUNK_BYTES);
    const assembly = new Assembly(bytes.length);
    expect(assembly.window).toBe(WINDOW);
    const asked = [0, 1, 2, 3, 4].map((i) => assembly.add(i, chunkAt(bytes, i)).next);
    expect(asked).toEqual([4, 5, undefined, undefined, undefined]);
  });
});
