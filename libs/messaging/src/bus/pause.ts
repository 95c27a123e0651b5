import type { Timers } from '@ganglion/kernel';

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
