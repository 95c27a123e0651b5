import type { Clock } from '@ganglion/kernel';
import pg from 'pg';
import { pause, systemTimers, type Timers } from '../../timers.js';
import { readCursor } from '../cursors.js';
import { feed, type EventSource } from '../event-source.js';
import type { PgProjection } from '../pg-projection.js';
import type { TableComparison } from './compare-tables.js';
import { Exchange, TryLater, type ExchangeStep } from './exchange.js';
import { olderReaders, type OlderReader } from './older-readers.js';
import { refuseRebuild } from './rebuild.errors.js';
import { ProgressMeter, type RebuildProgress } from './rebuild-progress.js';
import { dropShadow, lockShadow, makeShadow, schemaInUse, shadowPool, shadowSchemaOf } from './shadow-schema.js';

export interface RebuildOptions {
  /** Of the database whose tables serve. */
  pool: pg.Pool;
  source: EventSource;
  clock: Clock;
  /** Exchange the tables although they differ: what one wants after a bug of the projection was repaired. */
  replace?: boolean;
  /** Most rows named of each table that differs. */
  samples?: number;
  pageSize?: number;
  /** How long others' transactions that read for long are waited for. */
  patienceMs?: number;
  signal?: AbortSignal;
  timers?: Timers;
  onProgress?: (progress: RebuildProgress) => void;
  /** Called at each step; what it throws ends the rebuild there. */
  onStep?: (step: RebuildStep) => Promise<void> | void;
}

export type RebuildStep = 'prepared' | 'filled' | ExchangeStep;

export interface RebuildReport {
  /** `refused`: tables differ, so those that served still do. */
  outcome: 'switched' | 'refused';
  /** Where both stood when they were compared. */
  position: number;
  durationMs: number;
  tables: TableComparison[];
  /** Events that were missing in the live tables because they are parked, and that are parked still in the new ones. */
  parked: { live: number; rebuilt: number };
}

const PAGE = 1_000;
const SAMPLES = 5;
const PATIENCE_MS = 10 * 60_000;
/** So far behind, what is left is read while the live projection stands still. */
const NEAR = 1_000;
/** A reader that has been at it for so long is waited for before anything is locked. */
const LONG_READ_MS = 1_000;
const LOOK_AGAIN_MS = 1_000;

/**
 * Makes a projection anew beside the one that serves, from the beginning of its log, with live traffic going on; then, with the
 * live one held at its position for a moment, compares the two and exchanges their tables in one transaction. If anything
 * fails, or the process dies at whatever step, the tables that served go on serving; what is left of the others is removed by
 * the next rebuild or start.
 * @throws a refusal of `rebuild.errors.ts`; SourceReplaced; what the projection or the source threw
 */
export async function rebuildBeside(projection: PgProjection, options: RebuildOptions): Promise<RebuildReport> {
  const { rebuilding, name, tables, parks } = projection;
  if ('never' in rebuilding) throw refuseRebuild('NEVER_REBUILT', {}, `${name} cannot be rebuilt: ${rebuilding.never}`);
  const shadow = shadowSchemaOf(name);
  const live = await schemaInUse(options.pool);
  const pool = shadowPool(options.pool, shadow);
  try {
    const session = await pool.connect();
    // Whatever is under way on it fails as well.
    session.on('error', () => undefined);
    try {
      if (!(await lockShadow(session, shadow))) throw refuseRebuild('REBUILD_RUNS');
      try {
        await makeShadow(session, { live, shadow, tables, parks });
        return await new Rebuild(projection, rebuilding.on(pool), { live, shadow, pool, session }, options).run();
      } finally {
        // If this fails as well the schema stays until the next rebuild or start; the reason is that of the failure before.
        await dropShadow(session, shadow).catch(() => undefined);
      }
    } finally {
      session.release(true);
    }
  } finally {
    await pool.end();
  }
}

export interface Place {
  /** Schemas. */
  live: string;
  shadow: string;
  /** Connections to the shadow. */
  pool: pg.Pool;
  /** The one that holds the lock of this rebuild; it exchanges the tables, so without the lock it cannot. */
  session: pg.PoolClient;
}

class Rebuild {
  private readonly meter: ProgressMeter;
  private readonly timers: Timers;
  private readonly startedMs: number;
  private position = 0;

  constructor(
    private readonly projection: PgProjection,
    private readonly copy: PgProjection,
    private readonly place: Place,
    private readonly options: RebuildOptions,
  ) {
    this.meter = new ProgressMeter(options.clock);
    this.timers = options.timers ?? systemTimers;
    this.startedMs = options.clock.monotonicMs();
  }

  async run(): Promise<RebuildReport> {
    const logId = await this.begin();
    await this.step('prepared');
    await this.fill(logId);
    await this.tidy();
    await this.step('filled');
    const deadlineMs = this.options.clock.monotonicMs() + (this.options.patienceMs ?? PATIENCE_MS);
    for (;;) {
      await this.quiet(deadlineMs);
      await this.fill(logId);
      try {
        const result = await this.exchange(logId);
        this.enter('done');
        return { ...result, durationMs: Math.round(this.options.clock.monotonicMs() - this.startedMs) };
      } catch (error) {
        if (!(error instanceof TryLater)) throw error;
        await this.wait(error.readers, deadlineMs);
      }
    }
  }

  /** @returns the log that is followed */
  private async begin(): Promise<string> {
    const at = await readCursor(this.options.pool, this.projection.name);
    if (!at) throw refuseRebuild('NOT_BEGUN');
    await this.copy.reset(at.logId);
    this.meter.moved(0, at.pos);
    return at.logId;
  }

  /** Up to where the live projection stands, and never beyond, or nearly so. */
  private async fill(logId: string): Promise<void> {
    this.enter('filling');
    for (;;) {
      const at = await readCursor(this.options.pool, this.projection.name);
      if (at?.logId !== logId || at.pos < this.position) throw refuseRebuild('PROJECTION_RESET');
      this.meter.moved(this.position, at.pos);
      if (at.pos - this.position <= NEAR) return;
      await this.feedTo(logId, at.pos);
    }
  }

  private async feedTo(logId: string, to: number): Promise<void> {
    const { source, signal, pageSize = PAGE } = this.options;
    await feed(this.copy, source, { logId, from: this.position, to, pageSize, signal }, (pos) => {
      this.position = pos;
      this.meter.moved(pos, to);
      this.tell();
    });
  }

  /** What queries will be planned by, and a visibility map, so that the first of them are as fast as those before. */
  private async tidy(): Promise<void> {
    for (const table of this.projection.tables)
      await this.place.pool.query(`vacuum (analyze) ${pg.escapeIdentifier(table)}`);
  }

  private exchange(logId: string): Promise<Omit<RebuildReport, 'durationMs'>> {
    this.enter('exchanging');
    const { replace = false, samples = SAMPLES } = this.options;
    return new Exchange(this.projection, this.place, {
      logId,
      replace,
      samples,
      timers: this.timers,
      clock: this.options.clock,
      catchUp: (to) => this.feedTo(logId, to),
      onStep: (step) => this.step(step),
    }).run();
  }

  /** Returns when nobody reads for long. While somebody does, nothing is locked and the live projection goes on. */
  private async quiet(deadlineMs: number): Promise<void> {
    for (;;) {
      const nowMs = this.options.clock.nowMs();
      const readers = (await olderReaders(this.place.pool, [])).filter(({ sinceMs }) => sinceMs < nowMs - LONG_READ_MS);
      if (readers.length === 0) return;
      await this.wait(readers, deadlineMs);
    }
  }

  private async wait(readers: OlderReader[], deadlineMs: number): Promise<void> {
    if (this.options.clock.monotonicMs() > deadlineMs) {
      const who = readers.map(({ pid, application }) => `${application || 'unnamed'} (pid ${pid})`).join(', ');
      throw refuseRebuild('READERS_IN_THE_WAY', {}, `Transactions that read for a long time were in the way: ${who}`);
    }
    this.enter('waiting', readers);
    await pause(this.timers, LOOK_AGAIN_MS);
    this.options.signal?.throwIfAborted();
  }

  private async step(step: RebuildStep): Promise<void> {
    this.options.signal?.throwIfAborted();
    await this.options.onStep?.(step);
  }

  private enter(state: RebuildProgress['state'], waitingFor: OlderReader[] = []): void {
    this.meter.enter(state, waitingFor);
    this.tell();
  }

  private tell(): void {
    this.options.onProgress?.(this.meter.progress);
  }
}
