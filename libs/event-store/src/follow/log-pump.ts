import type { LogEntry } from '../log/entry.js';
import type { EventLog } from '../log/event-log.js';
import type { EventStoreMetrics } from '../metrics.js';
import { backoffMs, pause, systemTimers, type Timers } from '../timers.js';
import { CommitBuffer } from './commit-buffer.js';
import { Signal } from './signal.js';

export interface PumpTarget {
  readonly name: string;
  /** Position to go on from. Asked at the start and again after every error. */
  begin(): Promise<number>;
  /** Takes events that follow the position without a gap. Throwing means: give me the same again. */
  take(batch: LogEntry[]): Promise<void>;
}

export interface PumpOptions {
  log: EventLog;
  maxBatch?: number;
  /** Hears of every failure; the pump stays at `position` and tries again, more and more slowly. */
  report: (error: unknown, position: number) => void;
  timers?: Timers;
  metrics?: EventStoreMetrics;
}

/** Commits kept in memory for a reader that is slower than the writer. */
const MAX_BUFFERED = 10_000;

/**
 * Feeds a target every event of a log, in order, none left out, at least once. Takes this process's commits from memory and
 * everything else from the database. Dies half-way: goes on from the target's own position.
 */
export class LogPump {
  private readonly buffer = new CommitBuffer(MAX_BUFFERED);
  private readonly changed = new Signal();
  private readonly waiters = new Set<{ pos: number; resolve: () => void; reject: (error: Error) => void }>();
  private pos = 0;
  private running: Promise<void> | null = null;
  private stopping: AbortController | null = null;

  constructor(
    private readonly target: PumpTarget,
    private readonly options: PumpOptions,
  ) {}

  /** Last position the target has taken; 0 before the start. */
  position(): number {
    return this.pos;
  }

  /** Events committed, as far as this process knows, and not yet taken. */
  lag(): number {
    return Math.max(0, this.options.log.head() - this.pos);
  }

  start(): void {
    if (this.running) return;
    const { log } = this.options;
    const stopping = new AbortController();
    this.stopping = stopping;
    const ends = [
      log.onCommitted((events, json) => this.buffer.push(events.map((event, i) => ({ event, json: json[i]! })))),
      log.onAdvanced(() => this.changed.raise()),
    ];
    this.running = this.run(stopping.signal).finally(() => {
      for (const end of ends) end();
      this.buffer.clear();
      this.running = null;
    });
  }

  /** Resolves when what was being handed over has ended. */
  async stop(): Promise<void> {
    this.stopping?.abort();
    this.changed.raise();
    await this.running;
    for (const waiter of this.waiters)
      waiter.reject(new Error(`${this.target.name} stopped at ${this.pos}, before ${waiter.pos}`));
    this.waiters.clear();
  }

  /** Resolves when the target has taken everything up to `pos`. @throws Error when stopped before */
  reached(pos: number): Promise<void> {
    if (this.pos >= pos) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiters.add({ pos, resolve, reject }));
  }

  /** Look again at once, rather than at the next poll. */
  wake(): void {
    this.changed.raise();
  }

  private async run(stopping: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stopping.aborted) {
      try {
        this.advance(await this.target.begin());
        while (!stopping.aborted) {
          await this.step();
          failures = 0;
        }
      } catch (error) {
        this.options.report(error, this.pos);
        await pause(this.options.timers ?? systemTimers, backoffMs(failures++), stopping);
      }
    }
  }

  private async step(): Promise<void> {
    const batch = await this.next();
    if (batch.length === 0) await this.changed.wait();
    else await this.hand(batch);
  }

  private async next(): Promise<LogEntry[]> {
    const { log, maxBatch = 500 } = this.options;
    const batch = this.buffer.take(this.pos, maxBatch);
    if (batch.length > 0 || log.head() <= this.pos) return batch;
    const read = await log.readEntries(this.pos, maxBatch);
    if (read.length === 0) throw new Error(`the log ends at ${log.head()}, but has nothing after ${this.pos}`);
    return read;
  }

  private async hand(batch: LogEntry[]): Promise<void> {
    const [first, last] = [batch[0]!.event, batch.at(-1)!.event];
    if (first.pos !== this.pos + 1) throw new Error(`the log has no event at ${this.pos + 1}, but one at ${first.pos}`);
    await this.target.take(batch);
    this.advance(last.pos);
  }

  private advance(pos: number): void {
    this.pos = pos;
    this.options.metrics?.lag?.(this.target.name, this.options.log.head() - pos);
    for (const waiter of this.waiters) {
      if (waiter.pos > pos) continue;
      this.waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
