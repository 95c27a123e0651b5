import type { EventSink, LogPosition, StoredEvent } from '@ganglion/contracts';
import type pg from 'pg';
import { pause, systemTimers } from '../timers.js';
import { lockCursor, moveCursor, readCursor, writeCursor } from './cursors.js';
import { blockedStreams, countBlockedStreams, firstParked, park, unpark, unparkAll } from './parked/parked.store.js';
import { mayBePoison } from './parked/poison.js';
import { inTransaction } from './transaction.js';

/**
 * How to make a projection anew beside the one that serves: `on` makes the same projection once more, which shares neither memory
 * nor listeners with this one and writes to the schema that `pool` leads to. Or why that can never be done.
 */
export type Rebuilding = { on: (pool: pg.Pool) => PgProjection } | { never: string };

export interface PoisonedEvent {
  reader: string;
  event: StoredEvent;
  error: unknown;
  attempts: number;
}

/** More streams than that are not the fault of single events: the projection halts, and somebody must look. */
const MAX_BLOCKED_STREAMS = 1_000;

/**
 * A read model in Postgres. Its rows and its position move in one transaction, so a crash leaves both as they were. Several
 * processes may feed the same projection: whoever comes second finds the position moved and writes nothing.
 */
export abstract class PgProjection implements EventSink {
  abstract readonly name: string;
  readonly shared = true;
  /** All that it writes to. Nobody else does, and no other table refers to them. */
  abstract readonly tables: readonly string[];
  abstract readonly rebuilding: Rebuilding;
  /**
   * An event that it cannot apply is parked, with all later ones of its stream, and the rest goes on. Only for read models in
   * which streams do not depend on each other, and never where somebody's rights are decided from the rows. Otherwise it halts.
   */
  readonly parks: boolean = false;
  /** Pauses before the second and third attempt at an event that may be poison, ms. */
  protected readonly pausesMs: readonly number[] = [100, 400];
  private readonly alarms = new Set<(poisoned: PoisonedEvent) => void>();

  constructor(protected readonly pool: pg.Pool) {}

  /**
   * Writes what these events (1 or more, in order) mean; none is left out but for those of streams that are parked. Uses only
   * what they carry and the projection's own rows. However the log is cut into batches, the rows must come out the same.
   */
  protected abstract project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void>;

  /** Removes every row, so that the projection can be made anew. */
  protected abstract clear(tx: pg.PoolClient): Promise<void>;

  position(): Promise<LogPosition | null> {
    return readCursor(this.pool, this.name);
  }

  /** Called after an event was parked because of its own fault, not for those that wait behind it. */
  onPoisoned(alarm: (poisoned: PoisonedEvent) => void): void {
    this.alarms.add(alarm);
  }

  /** @throws Error when events between the projection and the batch are missing */
  apply(batch: StoredEvent[]): Promise<void> {
    return this.takeBatch(batch);
  }

  reset(logId: string): Promise<number> {
    return inTransaction(this.pool, async (tx) => {
      // First the position, for which somebody in the middle of `apply` makes us wait: rows that are not committed yet would
      // escape `clear`.
      await writeCursor(tx, this.name, { logId, pos: 0 });
      await this.clear(tx);
      if (this.parks) await unparkAll(tx, this.name);
      return 0;
    });
  }

  /**
   * Applies an event that was parked, if it is the first of its stream that was. A failure leaves everything as it is.
   * @returns whether it was the first, and now is applied
   */
  applyParked(event: StoredEvent): Promise<boolean> {
    return inTransaction(this.pool, async (tx) => {
      // With the position locked nobody parks anything behind it meanwhile.
      const at = await lockCursor(tx, this.name);
      if (at?.logId !== event.logId) return false;
      if ((await firstParked(tx, this.name, event.stream)) !== event.pos) return false;
      await this.project(tx, [event]);
      await unpark(tx, this.name, event.pos);
      return true;
    });
  }

  private async takeBatch(batch: readonly StoredEvent[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      if (await this.advance(batch)) return;
    } catch (error) {
      if (!this.parks || !mayBePoison(error)) throw error;
      return this.takeAround(batch, error);
    }
    await this.takeRest(batch);
  }

  /** @returns false: the projection does not stand right before the batch */
  private advance(batch: readonly StoredEvent[]): Promise<boolean> {
    const { logId, pos } = batch[0]!;
    return inTransaction(this.pool, async (tx) => {
      if (!(await moveCursor(tx, this.name, logId, pos - 1, batch.at(-1)!.pos))) return false;
      const free = this.parks ? await this.parkBehind(tx, batch) : batch;
      if (free.length > 0) await this.project(tx, free);
      return true;
    });
  }

  /** Somebody else has applied all or the beginning of it, or we are behind. */
  private async takeRest(batch: readonly StoredEvent[]): Promise<void> {
    const [first, last] = [batch[0]!, batch.at(-1)!];
    const at = await this.position();
    if (at?.logId !== last.logId || at.pos < first.pos - 1) {
      throw new Error(`${this.name} stands at ${at?.logId}:${at?.pos} and was given ${last.logId}:${first.pos}`);
    }
    if (at.pos < last.pos) await this.takeBatch(batch.filter(({ pos }) => pos > at.pos));
  }

  /** What cannot be applied together is applied in halves, until the event is found that cannot be applied by itself. */
  private async takeAround(batch: readonly StoredEvent[], error: unknown): Promise<void> {
    const [event] = batch;
    if (batch.length === 1) return this.takeOrPark(event!, error);
    const half = batch.length >> 1;
    await this.takeBatch(batch.slice(0, half));
    await this.takeBatch(batch.slice(half));
  }

  private async takeOrPark(event: StoredEvent, first: unknown): Promise<void> {
    let error = first;
    for (const pauseMs of this.pausesMs) {
      await pause(systemTimers, pauseMs);
      try {
        return (await this.advance([event])) ? undefined : await this.takeRest([event]);
      } catch (again) {
        if (!mayBePoison(again)) throw again;
        error = again;
      }
    }
    await this.park({ reader: this.name, event, error, attempts: 1 + this.pausesMs.length });
  }

  private async park(poisoned: PoisonedEvent): Promise<void> {
    const { event } = poisoned;
    const parked = await inTransaction(this.pool, async (tx) => {
      if (!(await moveCursor(tx, this.name, event.logId, event.pos - 1, event.pos))) return false;
      if ((await countBlockedStreams(tx, this.name)) >= MAX_BLOCKED_STREAMS) {
        throw new Error(`${this.name} halts: it has parked events of ${MAX_BLOCKED_STREAMS} streams already`, {
          cause: poisoned.error,
        });
      }
      await park(tx, this.name, [event], poisoned);
      return true;
    });
    if (!parked) return this.takeRest([event]);
    for (const alarm of this.alarms) alarm(poisoned);
  }

  /** @returns the events that need not wait behind earlier ones of their streams */
  private async parkBehind(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const streams = [...new Set(batch.map(({ stream }) => stream))];
    const blocked = await blockedStreams(tx, this.name, streams);
    if (blocked.size === 0) return batch;
    const behind = batch.filter(({ stream }) => blocked.has(stream));
    if (behind.length > 0) await park(tx, this.name, behind, null);
    return batch.filter(({ stream }) => !blocked.has(stream));
  }
}
