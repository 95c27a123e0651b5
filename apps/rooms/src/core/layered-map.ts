/** Changes kept beside the base before both are merged; grows with the square root of the base. */
const MIN_LAYER = 32;

/**
 * An immutable map for states that are large and change a little at a time: a room with 10,000 members gets a new one with
 * every join. `with` copies the recent changes only, about √n entries, and merges them into the base now and then.
 */
export class LayeredMap<K, V> {
  private constructor(
    private readonly base: ReadonlyMap<K, V>,
    private readonly layer: ReadonlyMap<K, V>,
    /** Entries in total. */
    readonly size: number,
  ) {}

  static empty<K, V>(): LayeredMap<K, V> {
    return new LayeredMap<K, V>(new Map(), new Map(), 0);
  }

  get(key: K): V | undefined {
    return this.layer.get(key) ?? this.base.get(key);
  }

  /** A map with `value` under `key`; this one stays as it is. */
  with(key: K, value: V): LayeredMap<K, V> {
    const size = this.size + (this.get(key) === undefined ? 1 : 0);
    const layer = new Map(this.layer).set(key, value);
    if (layer.size <= MIN_LAYER + Math.sqrt(this.base.size)) return new LayeredMap(this.base, layer, size);
    return new LayeredMap(new Map([...this.base, ...layer]), new Map<K, V>(), size);
  }

  /** In no particular order. */
  *entries(): Generator<[K, V]> {
    for (const [key, value] of this.base) yield [key, this.layer.get(key) ?? value];
    for (const entry of this.layer) if (!this.base.has(entry[0])) yield entry;
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }
}
