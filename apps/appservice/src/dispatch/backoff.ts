/** Waits of a failing lane (appservice.md §10.2): 2, 4, 8 … 512 s with the default first wait. */
export interface RetryTimes {
  firstMs: number;
  /** No wait is longer, whatever the appservice asks for. */
  maxMs: number;
  /** Share by which chance may shorten a wait, so that lanes that failed together do not come back together. 0..1 */
  jitter: number;
}

/** Failures in a row beyond this do not make the wait longer. */
const MAX_FAILURES = 9;

/** @returns how many failures in a row the next wait is counted from; a success in between starts at 1 */
export function nextFailures(failures: number): number {
  return Math.min(failures + 1, MAX_FAILURES);
}

/**
 * @param failures  failures in a row, from 1
 * @param chance  0..1
 * @param retryAfterMs  how long the appservice asked to be left alone
 */
export function waitMs(failures: number, times: RetryTimes, chance: number, retryAfterMs = 0): number {
  const plain = Math.min(times.firstMs * 2 ** (Math.min(failures, MAX_FAILURES) - 1), times.maxMs);
  const jittered = plain * (1 - times.jitter * chance);
  return Math.round(Math.min(Math.max(jittered, retryAfterMs), times.maxMs));
}
