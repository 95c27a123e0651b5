/** What is in a bucket, and when it was looked at last. */
export interface Bucket {
  level: number;
  atMs: number;
}

export interface BucketRule {
  /** Actions that leak out per second. */
  perSecond: number;
  /** Actions the bucket holds. */
  burst: number;
}

/** Told where nothing ever leaks, so that no time would be right; ms. */
const NEVER_MS = 86_400_000;
/** Levels are sums of fractions: what differs by less than this is the same. */
const ROUNDING = 1e-9;

export type Attempt = { ok: true; bucket: Bucket } | { ok: false; retryAfterMs: number };

/**
 * Does one more action fit? Refused ones cost nothing (auth.md §10).
 * @param bucket  undefined: nothing has happened yet
 * @param nowMs   a clock that never goes back
 */
export function pour(bucket: Bucket | undefined, { perSecond, burst }: BucketRule, nowMs: number): Attempt {
  const level = leaked(bucket, perSecond, nowMs);
  const excess = level + 1 - burst;
  if (excess <= ROUNDING) return { ok: true, bucket: { level: level + 1, atMs: nowMs } };
  const waitMs = perSecond > 0 && burst > 0 ? Math.ceil((excess / perSecond) * 1000 - ROUNDING) : NEVER_MS;
  return { ok: false, retryAfterMs: Math.min(waitMs, NEVER_MS) };
}

/** Takes one action back that turned out not to count. */
export function unpour(bucket: Bucket, { perSecond }: BucketRule, nowMs: number): Bucket {
  return { level: Math.max(0, leaked(bucket, perSecond, nowMs) - 1), atMs: nowMs };
}

function leaked(bucket: Bucket | undefined, perSecond: number, nowMs: number): number {
  return bucket ? Math.max(0, bucket.level - ((nowMs - bucket.atMs) / 1000) * perSecond) : 0;
}
