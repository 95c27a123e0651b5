import type { Clock } from '@ganglion/kernel';

/** Something that becomes due. `due` moves `dueMs` on or removes the entry; else it is called again at the next round. */
export interface Due {
  /** By the monotonic clock. */
  dueMs: number;
  due(nowMs: number): void;
}

/**
 * Deadlines without a timer each: one coarse round for all. A timer and its error per call cost more than the call
 * itself; being up to one round late is no harm to a deadline.
 */
export class Sweep {
  private readonly entries = new Set<Due>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly everyMs = 50,
  ) {}

  add(entry: Due): void {
    this.entries.add(entry);
    this.timer ??= setInterval(() => this.round(), this.everyMs);
  }

  remove(entry: Due): void {
    this.entries.delete(entry);
  }

  private round(): void {
    // Stopped here and not in `remove`: at a low rate it would be started and stopped for each call.
    if (this.entries.size === 0) {
      clearInterval(this.timer!);
      this.timer = null;
      return;
    }
    const nowMs = this.clock.monotonicMs();
    for (const entry of this.entries) if (entry.dueMs <= nowMs) entry.due(nowMs);
  }
}
