import { LRUCache } from 'lru-cache';
import { pour, unpour, type Attempt, type Bucket, type BucketRule } from './leaky-bucket.js';

/** More keys than anybody attacks with at once; the one that has been quiet longest is forgotten first. */
const MAX_BUCKETS = 100_000;

/** The buckets of one rule, by key. */
export class Limiter {
  private readonly buckets = new LRUCache<string, Bucket>({ max: MAX_BUCKETS });

  constructor(private readonly rule: BucketRule) {}

  /** Would it fit? Counts nothing. */
  check(key: string, nowMs: number): Attempt {
    return pour(this.buckets.get(key), this.rule, nowMs);
  }

  take(key: string, nowMs: number): Attempt {
    const attempt = this.check(key, nowMs);
    if (attempt.ok) this.buckets.set(key, attempt.bucket);
    return attempt;
  }

  giveBack(key: string, nowMs: number): void {
    const bucket = this.buckets.get(key);
    if (bucket) this.buckets.set(key, unpour(bucket, this.rule, nowMs));
  }
}
