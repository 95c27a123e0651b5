import type { StoredEvent } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import { errorTypeOf, within, type TraceSpan } from '@ganglion/observability';
import type { EventStoreMetrics } from '../metrics.js';
import { nextTurn, type Timers } from '../timers.js';
import { appendSpan, commitSpan, inCommit } from './commit-span.js';
import type { PreparedEvent } from './entry.js';
import { LogReplaced, LogUnavailable, Overloaded } from './event-log.errors.js';
import type { Written } from './log-writer.js';

interface Pending {
  events: readonly PreparedEvent[];
  acceptedAtMs: number;
  span: TraceSpan | null;
  resolve(events: StoredEvent[]): void;
  reject(error: unknown): void;
}

/** Events a call to the database carries at most, unless a single append is bigger. */
const MAX_BATCH = 500;

/**
 * Group commit: whatever arrived while the previous call was under way goes in the next one. No timer, so a lone append waits
 * for nobody. An append is never split between calls. When a batch is refused its appends are repeated one by one, so that
 * only the guilty caller hears of it.
 */
export class GroupCommit {
  private queue: Pending[] = [];
  private readonly turns: (() => Promise<void>)[] = [];
  private queued = 0;
  private closed = false;
  private running: Promise<void> | null = null;

  constructor(
    private readonly options: {
      log: string;
      write: (events: readonly PreparedEvent[]) => Promise<Written>;
      /** Called once per commit, before any of its callers hears of it; gives what they hear. Must not throw. */
      onWritten: (events: readonly PreparedEvent[], written: Written) => StoredEvent[];
      maxQueued: number;
      clock: Clock;
      timers: Timers;
      metrics: EventStoreMetrics;
    },
  ) {}

  /** @throws Overloaded, LogUnavailable when closed, and what `write` throws for these events alone */
  append(events: readonly PreparedEvent[]): Promise<StoredEvent[]> {
    if (this.closed) return Promise.reject(new LogUnavailable('not-written'));
    if (this.queued > 0 && this.queued + events.length > this.options.maxQueued)
      return Promise.reject(new Overloaded(100));
    return new Promise((resolve, reject) => {
      const span = appendSpan(this.options.log, events.length);
      this.queue.push({ events, acceptedAtMs: this.options.clock.monotonicMs(), span, resolve, reject });
      this.count(events.length);
      this.run();
    });
  }

  /** Runs `work` on the writer between two batches, ahead of what is queued. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(new LogUnavailable('not-written'));
    return new Promise((resolve, reject) => {
      this.turns.push(() => work().then(resolve, reject));
      this.run();
    });
  }

  /** Refuses what comes from now on and resolves when everything accepted has been answered. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private run(): void {
    this.running ??= within(null, () => this.drain());
  }

  private async drain(): Promise<void> {
    do {
      // One turn of the event loop: callers answered by the last batch can join the next one.
      await nextTurn(this.options.timers);
      const turn = this.turns.shift();
      if (turn) await turn();
      else if (this.queue.length > 0) await this.commit(this.take());
    } while (this.turns.length > 0 || this.queue.length > 0);
    // In the same breath as the check: an append arriving later must start the next round.
    this.running = null;
  }

  private take(): Pending[] {
    let size = 0;
    let count = 0;
    for (const { events } of this.queue) {
      if (count > 0 && size + events.length > MAX_BATCH) break;
      size += events.length;
      count++;
    }
    const { clock, metrics } = this.options;
    const nowMs = clock.monotonicMs();
    const taken = this.queue.splice(0, count);
    for (const { acceptedAtMs } of taken) metrics.waited?.(nowMs - acceptedAtMs);
    return taken;
  }

  private async commit(batch: Pending[]): Promise<void> {
    const { log, write, metrics } = this.options;
    const events = batch.flatMap((one) => one.events);
    const waiting = batch.map(({ span }) => span);
    let written: Written;
    try {
      written = await inCommit(commitSpan(log, waiting, events.length), () => write(events));
    } catch (error) {
      return this.refuse(batch, error);
    }
    metrics.batch?.(events.length);
    const stored = this.options.onWritten(events, written);
    let from = 0;
    for (const one of batch) {
      this.answered(one);
      one.resolve(stored.slice(from, from + one.events.length));
      from += one.events.length;
    }
  }

  private async refuse(batch: Pending[], error: unknown): Promise<void> {
    const away = error instanceof LogUnavailable || error instanceof LogReplaced;
    if (batch.length > 1 && !away) {
      for (const one of batch) await this.commit([one]);
      return;
    }
    this.reject(batch, error);
    // What waits behind a database that is away would wait its whole patience again, one batch after the other.
    if (away)
      this.reject(
        this.queue.splice(0),
        error instanceof LogUnavailable ? new LogUnavailable('not-written', error) : error,
      );
  }

  private reject(batch: Pending[], error: unknown): void {
    for (const one of batch) {
      one.span?.failed(errorTypeOf(error));
      this.answered(one);
      one.reject(error);
    }
  }

  private answered({ events, acceptedAtMs, span }: Pending): void {
    span?.end();
    this.count(-events.length);
    this.options.metrics.appended?.(this.options.clock.monotonicMs() - acceptedAtMs, events.length);
  }

  private count(change: number): void {
    this.queued += change;
    this.options.metrics.queueDepth?.(this.queued);
  }
}
