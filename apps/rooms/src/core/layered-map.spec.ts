import fc from 'fast-check';
import { LayeredMap } from './layered-map.js';

describe('LayeredMap', () => {
  it('holds what an ordinary map holds, whatever is written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer()), { maxLength: 600 }), (writes) => {
        const plain = new Map<number, number>();
        let layered = LayeredMap.empty<number, number>();
        for (const [key, value] of writes) {
          plain.set(key, value);
          layered = layered.with(key, value);
        }
        const inOrder = (entries: Iterable<[number, number]>) => [...entries].sort(([a], [b]) => a - b);
        expect(inOrder(layered.entries())).toEqual(inOrder(plain));
        expect(layered.size).toBe(plain.size);
        for (const [key, value] of plain) expect(layered.get(key)).toBe(value);
      }),
    );
  });

  it('leaves earlier versions alone', () => {
    const first = LayeredMap.empty<string, number>().with('a', 1);
    let later = first;
    for (let i = 0; i < 200; i++) later = later.with(`k${i}`, i).with('a', i + 2);
    expect([...first.entries()]).toEqual([['a', 1]]);
    expect(later.get('a')).toBe(201);
    expect(later.size).toBe(201);
  });
});
