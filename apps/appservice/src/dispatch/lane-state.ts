import { nextFailures, waitMs, type RetryTimes } from './backoff.js';
import type { Failure, FailureClass } from './outcome.js';

/** Whether an appservice takes its transactions (appservice.md §7.6). `paused` and `disabled` lanes have no loop at all. */
export type LaneStatus = 'unknown' | 'up' | 'down' | 'paused' | 'disabled';

export interface LaneError {
  class: FailureClass;
  detail: string;
  atMs: number;
}

export interface LaneState {
  status: LaneStatus;
  /** Since when, ms since the epoch. */
  sinceMs: number;
  /** What the next wait is counted from; 0 when nothing failed. */
  failures: number;
  /** Ms since the epoch; null when no attempt is waited for. */
  nextRetryAtMs: number | null;
  lastSuccessMs: number | null;
  /** Stays after recovery, for operators. */
  lastError: LaneError | null;
}

/** A transaction was acknowledged. A lane that was down stays so until it has nothing left (V-4). */
export function acknowledged(state: LaneState, nowMs: number): LaneState {
  if (state.status === 'down') return { ...state, failures: 1, nextRetryAtMs: null, lastSuccessMs: nowMs };
  return { ...becoming(state, 'up', nowMs), failures: 0, nextRetryAtMs: null, lastSuccessMs: nowMs };
}

/** Nothing is left to send. */
export function recovered(state: LaneState, nowMs: number): LaneState {
  return { ...becoming(state, 'up', nowMs), failures: 0, nextRetryAtMs: null };
}

/** @param chance  0..1, for jitter */
export function failed(
  state: LaneState,
  { class: failureClass, detail, retryAfterMs }: Failure,
  nowMs: number,
  times: RetryTimes,
  chance: number,
): LaneState {
  const failures = state.status === 'down' ? nextFailures(state.failures) : 1;
  return {
    ...becoming(state, 'down', nowMs),
    failures,
    nextRetryAtMs: nowMs + waitMs(failures, times, chance, retryAfterMs),
    lastError: { class: failureClass, detail, atMs: nowMs },
  };
}

/** After a restart nobody waits longer than the first wait; the count goes on (V-6). */
export function resumed(state: LaneState, nowMs: number, { firstMs }: RetryTimes): LaneState {
  if (state.status !== 'down') return state;
  const waited = Math.min(Math.max(state.nextRetryAtMs ?? nowMs, nowMs), nowMs + firstMs);
  return { ...state, nextRetryAtMs: waited };
}

function becoming(state: LaneState, status: LaneStatus, nowMs: number): LaneState {
  return state.status === status ? state : { ...state, status, sinceMs: nowMs };
}
