/** Chance that a seed determines. Every part of a world draws from a stream of its own, so that one more draw here changes nothing there. */
export class Random {
  private state: number;

  /** @param name  of the part that draws */
  constructor(
    private readonly seed: number,
    name: string,
  ) {
    this.state = hash(seed >>> 0, name);
  }

  of(name: string): Random {
    return new Random(hash(this.seed >>> 0, name), name);
  }

  /** 0 ≤ x < 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** `from` ≤ x < `to` */
  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  /** An integer, `from` ≤ n < `to`. */
  int(from: number, to: number): number {
    return Math.floor(this.between(from, to));
  }

  oneOf<T>(all: readonly T[]): T {
    return all[this.int(0, all.length)]!;
  }

  bytes(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.int(0, 256));
  }
}

/** FNV-1a over the name, begun with the seed. */
export function hash(start: number, text: string): number {
  let value = (0x811c9dc5 ^ start) >>> 0;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
