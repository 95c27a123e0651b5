import type { EventLog } from '@ganglion/event-store';
import { VSHARDS } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';

/** Long enough for a slow commit, short enough that a successor of a killed process is back within five seconds. */
const LEASE_MS = 3_000;
const LOOK_EVERY_MS = 500;

export interface Ownership {
  /** Resolves if another process has taken the log over: this one must not serve any more. */
  lost: Promise<void>;
  stop(): void;
}

/**
 * Waits until no other process owns the log, then owns all of it. One process of a service serves; a second one that is
 * started waits here, and takes over when the first stops (at once) or dies (when its lease has run out).
 * @param signal  gives up waiting
 */
export async function ownLog(log: EventLog, logger: Logger, signal?: AbortSignal): Promise<Ownership> {
  const all = Array.from({ length: VSHARDS }, (_, vshard) => vshard);
  for (let attempt = 0; (await log.claim(all, { leaseMs: LEASE_MS, onlyFree: true })).length < VSHARDS; attempt++) {
    signal?.throwIfAborted();
    if (attempt === 0)
      logger.info('another process serves this log, or was killed a moment ago; waiting for it to end');
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return keepOwning(log, logger);
}

function keepOwning(log: EventLog, logger: Logger): Ownership {
  let stopped = false;
  const { promise: lost, resolve: lose } = promiseWithResolver();
  const end = log.onOwnership((owned) => {
    if (!stopped && owned.length < VSHARDS) lose();
  });
  const timer = setInterval(() => {
    // A database that is away cannot give the log to anybody else either.
    log.renew(LEASE_MS).catch((error: unknown) => logger.warn({ err: error }, 'the lease of the log was not renewed'));
  }, LOOK_EVERY_MS);
  return {
    lost,
    stop: () => {
      stopped = true;
      clearInterval(timer);
      end();
    },
  };
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
