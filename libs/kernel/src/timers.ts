/** Waiting, behind an interface, so that tests and simulations decide when time is up. */
export interface Timers {
  /** @returns cancels it; harmless when it has run */
  after(delayMs: number, run: () => void): () => void;
  /** Runs it in a later turn of the event loop, after what has already arrived. Absent: `setImmediate` does. */
  soon?(run: () => void): void;
}

export const systemTimers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Runs it again and again, for the first time after `everyMs`. What was missed meanwhile is not made up for. @returns ends it */
export function every(timers: Timers, everyMs: number, run: () => void): () => void {
  let cancel: () => void;
  const arm = () => {
    cancel = timers.after(everyMs, () => {
      arm();
      run();
    });
  };
  arm();
  return () => cancel();
}

/** Resolves in a later turn of the event loop. */
export function nextTurn({ soon = setImmediate }: Timers): Promise<void> {
  return new Promise((resolve) => void soon(resolve));
}

/** @param stopping  cuts the pause short */
export function pause(timers: Timers, forMs: number, stopping?: AbortSignal): Promise<void> {
  if (stopping?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      stopping?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timers.after(forMs, end);
    stopping?.addEventListener('abort', end);
  });
}

/** Waits for `work`, but not for ever. @returns whether it was done in time; otherwise it goes on. @throws what it throws in time */
export async function doneWithin(timers: Timers, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let cancel: () => void;
  const late = new Promise<boolean>((resolve) => (cancel = timers.after(limitMs, () => resolve(false))));
  return Promise.race([work.then(() => true), late]).finally(() => cancel());
}
