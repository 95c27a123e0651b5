import { setTimeout as delay } from 'node:timers/promises';
import { pause, systemTimers } from '@ganglion/kernel';

/** The load and the faults are paced by the clock; nothing that is checked is waited for so. */
export const sleep = (ms: number): Promise<void> => delay(ms);

/** The same, but it ends early, and well, when the signal is aborted. */
export const sleepUnless = (signal: AbortSignal, ms: number): Promise<void> => pause(systemTimers, ms, signal);

/** @throws Error naming what did not happen in time */
export async function within<T>(ms: number, what: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms / 1_000} s: ${what}`)), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
