const BUCKETS = 256;

/**
 * An immutable map from text. A change copies one of 256 buckets, so that folding the stream of an account that has opened
 * thousands of sessions (bots do) does not copy thousands of entries per event.
 */
export class SpreadMap<V> implements Iterable<[string, V]> {
  private constructor(
    private readonly buckets: readonly ReadonlyMap<string, V>[],
    readonly size: number,
  ) {}

  static empty<V>(): SpreadMap<V> {
    return new SpreadMap<V>([], 0);
  }

  /** Of entries with different keys. */
  static of<V>(entries: readonly (readonly [string, V])[]): SpreadMap<V> {
    const buckets: Map<string, V>[] = [];
    for (const [key, value] of entries) (buckets[bucketOf(key)] ??= new Map()).set(key, value);
    return new SpreadMap<V>(buckets, entries.length);
  }

  get(key: string): V | undefined {
    return this.buckets[bucketOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.buckets[bucketOf(key)]?.has(key) ?? false;
  }

  with(key: string, value: V): SpreadMap<V> {
    const bucket = new Map(this.buckets[bucketOf(key)]).set(key, value);
    return new SpreadMap(this.put(key, bucket), this.size + (this.has(key) ? 0 : 1));
  }

  without(key: string): SpreadMap<V> {
    if (!this.has(key)) return this;
    const bucket = new Map(this.buckets[bucketOf(key)]);
    bucket.delete(key);
    return new SpreadMap(this.put(key, bucket), this.size - 1);
  }

  *[Symbol.iterator](): Iterator<[string, V]> {
    for (const bucket of this.buckets) if (bucket) yield* bucket;
  }

  private put(key: string, bucket: ReadonlyMap<string, V>): ReadonlyMap<string, V>[] {
    const buckets = [...this.buckets];
    buckets[bucketOf(key)] = bucket;
    return buckets;
  }
}

function bucketOf(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
}
