/** 0 ≤ x < 1. Equal seeds choose equally; what runs at the same time still meets differently on every run. */
export type Chance = () => number;

/** mulberry32, begun at the seed and, so that actors choose independently of each other, the name of who chooses. */
export function chanceOf(seed: number, name = ''): Chance {
  let state = [...name].reduce((sum, letter) => Math.imul(sum ^ letter.codePointAt(0)!, 0x01000193), seed) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer, `from` ≤ n < `to`. */
export const between = (chance: Chance, from: number, to: number): number => from + Math.floor(chance() * (to - from));

export const oneOf = <T>(chance: Chance, all: readonly T[]): T => all[between(chance, 0, all.length)]!;

/** One of them, in proportion to the weights, of which at least one is above 0. */
export function weighted<T extends string>(chance: Chance, weights: Readonly<Partial<Record<T, number>>>): T {
  const all = Object.entries(weights) as [T, number][];
  let left = chance() * all.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of all) if ((left -= weight) < 0) return name;
  return all.findLast(([, weight]) => weight > 0)![0];
}
