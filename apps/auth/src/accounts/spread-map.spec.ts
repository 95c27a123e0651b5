import fc from 'fast-check';
import { SpreadMap } from './spread-map.js';

const step = fc.record({ key: fc.string({ maxLength: 3 }), value: fc.option(fc.integer(), { nil: undefined }) });

describe('SpreadMap', () => {
  it('is a map, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const plain = new Map<string, number>();
        let spread = SpreadMap.empty<number>();
        for (const { key, value } of steps) {
          if (value === undefined) plain.delete(key);
          else plain.set(key, value);
          spread = value === undefined ? spread.without(key) : spread.with(key, value);
        }
        expect(new Map(spread)).toEqual(plain);
        expect(spread.size).toBe(plain.size);
        for (const { key } of steps) expect(spread.get(key)).toBe(plain.get(key));
      }),
    );
  });

  it('is the same made of its entries at once', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 3 }), fc.integer()), fc.string(), (entries, key) => {
        const spread = SpreadMap.of(Object.entries(entries));
        expect(new Map(spread)).toEqual(new Map(Object.entries(entries)));
        expect(spread.with(key, 1).size).toBe(new Set([...Object.keys(entries), key]).size);
        for (const [one, value] of Object.entries(entries)) expect(spread.get(one)).toBe(value);
      }),
    );
  });

  it('leaves what it was made from as it was', () => {
    const one = SpreadMap.empty<number>().with('a', 1);
    one.with('b', 2);
    one.without('a');
    expect([...one]).toEqual([['a', 1]]);
  });
});
