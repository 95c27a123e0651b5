import type { Clock } from '@ganglion/kernel';
import pg from 'pg';
import { pause, type Timers } from '../../timers.js';
import type { PgProjection } from '../pg-projection.js';
import { checksum, comparedColumns, sampleDifferences, type TableComparison } from './compare-tables.js';
import { olderReaders, stillReading, type OlderReader } from './older-readers.js';
import type { Place, RebuildReport } from './rebuild-beside.js';
import { refuseRebuild } from './rebuild.errors.js';
import { exchangeTables } from './shadow-schema.js';

/** `moved` is the last moment before the commit, `switched` the first after it. */
export type ExchangeStep = 'held' | 'caught-up' | 'compared' | 'locked' | 'moved' | 'switched';

export interface ExchangeOptions {
  logId: string;
  replace: boolean;
  samples: number;
  clock: Clock;
  timers: Timers;
  /** Brings the shadow to exactly this position. */
  catchUp: (pos: number) => Promise<void>;
  onStep: (step: ExchangeStep) => Promise<void>;
}

/** Somebody reads who must not be disturbed. Everything is as before; another time it may go better. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
  constructor(readonly readers: OlderReader[]) {
    super('somebody reads for a long time');
  }
}

/** Queries that come while these locks are waited for wait as well, so not for long. */
const LOCK_WITHIN_MS = 2_000;
/** Most readers are at it for milliseconds. Meanwhile the live projection stands still. */
const READERS_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 5;
const LOCK_NOT_AVAILABLE = '55P03';

/** One transaction that holds the live projection at its position, and in the end exchanges the tables or changes nothing. */
export class Exchange {
  private readonly session: pg.PoolClient;

  constructor(
    private readonly projection: PgProjection,
    private readonly place: Place,
    private readonly options: ExchangeOptions,
  ) {
    ({ session: this.session } = place);
  }

  /** @throws TryLater; the transaction has been rolled back whenever it throws */
  async run(): Promise<Omit<RebuildReport, 'durationMs'>> {
    await this.session.query('begin');
    try {
      const report = await this.inTransaction();
      await this.session.query(report.outcome === 'switched' ? 'commit' : 'rollback');
      if (report.outcome === 'switched') await this.options.onStep('switched');
      return report;
    } catch (error) {
      // On a connection that broke the server has done that already.
      await this.session.query('rollback').catch(() => undefined);
      throw (error as { code?: string }).code === LOCK_NOT_AVAILABLE ? new TryLater([]) : error;
    }
  }

  private async inTransaction(): Promise<Omit<RebuildReport, 'durationMs'>> {
    const { onStep, catchUp, replace } = this.options;
    await this.session.query(`set local lock_timeout = ${LOCK_WITHIN_MS}`);
    const position = await this.hold();
    await onStep('held');
    await catchUp(position);
    await onStep('caught-up');
    const tables = await this.compare();
    const parked = await this.parkedCounts();
    await onStep('compared');
    if (!replace && tables.some(({ equal }) => !equal)) return { outcome: 'refused', position, tables, parked };
    await this.nobodyReadsThePast();
    await this.lockTables();
    await onStep('locked');
    await exchangeTables(this.session, { ...this.place, tables: this.projection.tables });
    await this.exchangeParked();
    await onStep('moved');
    return { outcome: 'switched', position, tables, parked };
  }

  /** Whoever applies events waits for this row first, so from now on the live tables stand still. @returns their position */
  private async hold(): Promise<number> {
    const { rows } = await this.session.query<{ log_id: string; pos: string }>(
      `select log_id, pos from ${this.live('cursor')} where name = $1 for update`,
      [this.projection.name],
    );
    if (rows[0]?.log_id !== this.options.logId) throw refuseRebuild('PROJECTION_RESET');
    return Number(rows[0].pos);
  }

  private async compare(): Promise<TableComparison[]> {
    const { live, shadow, pool } = this.place;
    const compared: TableComparison[] = [];
    for (const table of this.projection.tables) {
      const columns = await comparedColumns(this.session, live, table);
      const [before, after] = await Promise.all([
        checksum(this.session, live, table, columns),
        checksum(pool, shadow, table, columns),
      ]);
      const equal = before.rows === after.rows && before.hash === after.hash;
      const limit = this.options.samples;
      const samples = equal ? null : await sampleDifferences(this.session, { live, shadow, table, columns, limit });
      compared.push({ table, live: before, rebuilt: after, equal, samples });
    }
    return compared;
  }

  private async parkedCounts(): Promise<RebuildReport['parked']> {
    if (!this.projection.parks) return { live: 0, rebuilt: 0 };
    const count = async (table: string) => {
      const text = `select count(*)::int as events from ${table} where reader = $1`;
      return (await this.session.query<{ events: number }>(text, [this.projection.name])).rows[0]!.events;
    };
    return { live: await count(this.live('parked')), rebuilt: await count(this.shadow('parked')) };
  }

  /** Transactions whose view is older than the last row of the shadow: see `olderReaders`. */
  private async nobodyReadsThePast(): Promise<void> {
    const { pool, session } = this.place;
    const { clock, timers } = this.options;
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
    const sparing = [rows[0]!.pid];
    const deadlineMs = clock.monotonicMs() + READERS_WITHIN_MS;
    for (let readers = await olderReaders(pool, sparing); readers.length > 0;) {
      if (clock.monotonicMs() > deadlineMs) throw new TryLater(readers);
      await pause(timers, LOOK_EVERY_MS);
      readers = await stillReading(pool, readers, sparing);
    }
  }

  private async lockTables(): Promise<void> {
    const all = this.projection.tables.map((table) => this.live(table));
    await this.session.query(`lock table ${all.join(', ')} in access exclusive mode`);
  }

  /** What was parked and went well this time is made good; what did not stays parked. */
  private async exchangeParked(): Promise<void> {
    const { name, parks } = this.projection;
    if (!parks) return;
    await this.session.query(`delete from ${this.live('parked')} where reader = $1`, [name]);
    await this.session.query(`insert into ${this.live('parked')} select * from ${this.shadow('parked')}`);
  }

  private live(table: string): string {
    return `${pg.escapeIdentifier(this.place.live)}.${pg.escapeIdentifier(table)}`;
  }

  private shadow(table: string): string {
    return `${pg.escapeIdentifier(this.place.shadow)}.${pg.escapeIdentifier(table)}`;
  }
}
