import type { LogEntry } from '../log/entry.js';

/**
 * Commits of this process that a reader has not taken yet. Bounded: when a reader falls behind by more than `maxEvents`, all
 * is forgotten, because the log still has it.
 */
export class CommitBuffer {
  private entries: LogEntry[] = [];
  private start = 0;

  constructor(private readonly maxEvents: number) {}

  push(batch: readonly LogEntry[]): void {
    if (this.entries.length - this.start + batch.length > this.maxEvents) this.clear();
    if (batch.length > this.maxEvents) return;
    for (const entry of batch) this.entries.push(entry);
  }

  /** @returns up to `max` entries that follow `pos` without a gap; empty when the next one is not here */
  take(pos: number, max: number): LogEntry[] {
    while (this.posAt(this.start) <= pos) this.start++;
    let end = this.start;
    while (end - this.start < max && this.posAt(end) === pos + 1 + end - this.start) end++;
    const taken = this.entries.slice(this.start, end);
    this.start = end;
    if (this.start > 1_000 || this.start === this.entries.length) {
      this.entries = this.entries.slice(this.start);
      this.start = 0;
    }
    return taken;
  }

  clear(): void {
    this.entries = [];
    this.start = 0;
  }

  private posAt(index: number): number {
    return this.entries[index]?.event.pos ?? Infinity;
  }
}
