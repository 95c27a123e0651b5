import type { Timers } from '@ganglion/event-store';
import { FixedClock } from '@ganglion/kernel';

/** Time that passes only when the test says so. */
export class ManualTimers implements Timers {
  readonly clock = new FixedClock();
  private readonly pending = new Set<{ dueMs: number; delayMs: number; run: () => void }>();
  private readonly watchers = new Set<() => void>();

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.clock.monotonicMs() + delayMs, delayMs, run };
    this.pending.add(timer);
    for (const watcher of this.watchers) watcher();
    return () => this.pending.delete(timer);
  }

  /** Resolves with the delay of the one timer that runs, once there is one. */
  async waiting(): Promise<number> {
    while (this.pending.size === 0) {
      await new Promise<void>((resolve) => {
        const watcher = () => {
          this.watchers.delete(watcher);
          resolve();
        };
        this.watchers.add(watcher);
      });
    }
    return [...this.pending][0]!.delayMs;
  }

  get count(): number {
    return this.pending.size;
  }

  advance(byMs: number): void {
    this.clock.advance(byMs);
    for (const timer of this.pending) {
      if (timer.dueMs > this.clock.monotonicMs()) continue;
      this.pending.delete(timer);
      timer.run();
    }
  }
}
