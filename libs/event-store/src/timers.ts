import type { Timers } from '@ganglion/kernel';

export { every, nextTurn, pause, systemTimers, type Timers } from '@ganglion/kernel';

/** @throws what `onLate` makes when `work` is not settled within `limitMs`; the work itself goes on */
export function within<T>(timers: Timers, limitMs: number, work: Promise<T>, onLate: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(limitMs, () => reject(onLate()));
    work.then(resolve, reject).finally(cancel);
  });
}

/** 50 ms, doubled with each failure in a row, up to 5 s. */
export const backoffMs = (failures: number): number => Math.min(5_000, 50 * 2 ** Math.min(failures, 10));
