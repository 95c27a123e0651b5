import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogPosition, Requester } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';

/** What the code that answers one request may know of it, however deep it runs. */
export interface CurrentCall {
  /** The same on every hop of one client request. */
  readonly requestId: string;
  /** W3C trace context as the caller sent it. */
  readonly traceparent: string | undefined;
  /** What the caller has already seen; answer from a state that is at least as new. */
  readonly minPos: LogPosition | undefined;
  /** Who asks, where the caller says so beside the payload. */
  readonly principal: Requester | undefined;
  /** Time the caller still waits; 0 or less: nobody does. */
  remainingMs(): number;
  /** Fires at the deadline. */
  readonly signal: AbortSignal;
}

const calls = new AsyncLocalStorage<CurrentCall | undefined>();

/** The call being answered here, if any. Calls made meanwhile inherit its request id and what is left of its time. */
export function currentCall(): CurrentCall | undefined {
  return calls.getStore();
}

export function runInCall<T>(call: CurrentCall, work: () => T): T {
  return calls.run(call, work);
}

/** For work that outlives the call that started it: it inherits neither its id nor its deadline. */
export function outsideCalls<T>(work: () => T): T {
  return calls.run(undefined, work);
}

/**
 * Starts a call at the edge: what runs inside `work` shares one request id and one budget.
 * @param signal  fires when the client has gone or its time is over; absent: never
 */
export function startCall<T>(
  start: {
    requestId: string;
    budgetMs: number;
    clock: Clock;
    traceparent?: string;
    principal?: Requester;
    signal?: AbortSignal;
  },
  work: () => T,
): T {
  const { requestId, budgetMs, clock, traceparent, principal, signal = new AbortController().signal } = start;
  const deadlineMs = clock.monotonicMs() + budgetMs;
  const remainingMs = () => deadlineMs - clock.monotonicMs();
  return runInCall({ requestId, traceparent, principal, minPos: undefined, remainingMs, signal }, work);
}
