import type { Timers } from '../timers.js';
import { LogReplaced, LogUnavailable } from './event-log.errors.js';
import type { LogReader } from './log-reader.js';

/** How often the database is asked whether another process has written. */
const POLL_MS = 1_000;

/** The last committed position this process knows of: moved by its own commits at once, by others' within a second. */
export class Head {
  private readonly listeners = new Set<() => void>();
  private cancelPoll: () => void = () => undefined;
  private stopped = false;

  constructor(
    private readonly options: {
      reader: LogReader;
      log: string;
      logId: string;
      timers: Timers;
      /** What the poll met besides a database that is away, which every other call reports. */
      report: (error: unknown) => void;
    },
    private pos: number,
  ) {}

  get(): number {
    return this.pos;
  }

  advance(pos: number): void {
    if (pos <= this.pos) return;
    this.pos = pos;
    for (const listener of this.listeners) listener();
  }

  onAdvanced(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @throws LogReplaced when the log has another identity than when it was opened; LogUnavailable */
  async refresh(): Promise<number> {
    const found = await this.options.reader.identity();
    if (found?.logId !== this.options.logId) throw new LogReplaced(this.options.log);
    this.advance(found.head);
    return this.pos;
  }

  startPolling(): void {
    this.cancelPoll = this.options.timers.after(POLL_MS, () => void this.poll());
  }

  stop(): void {
    this.stopped = true;
    this.cancelPoll();
    this.listeners.clear();
  }

  private async poll(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      if (!(error instanceof LogUnavailable) && !this.stopped) this.options.report(error);
    }
    if (!this.stopped) this.startPolling();
  }
}
