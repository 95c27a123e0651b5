import type { Clock } from '@ganglion/kernel';
import type pg from 'pg';
import { backoffMs, pause, type Timers } from '../timers.js';
import { appendStatement, findStatement } from './append-statement.js';
import type { PreparedEvent } from './entry.js';
import { LogReplaced, LogUnavailable, meaningOf } from './event-log.errors.js';
import { type Claimed, Ownership } from './ownership.js';
import type { Queryable } from './schema.js';
import { ConnectionLost, WriterConnection } from './writer-connection.js';

export interface Written {
  first: number;
  atMs: number;
}

/**
 * Writes batches, one at a time, each in one statement. When the connection breaks under a statement nobody knows whether
 * the server carried it out, or still will. So the next connection first raises the epoch of everything this process owns or wrote for:
 * that queues behind a statement still running and makes one that has not started fail. After that the log tells the truth,
 * and the batch is looked up by the id of its first event before it is sent again.
 */
export class LogWriter {
  readonly ownership: Ownership;
  private readonly connection: WriterConnection;
  /** Virtual shards of a batch whose fate is unknown; this process may own them no more. */
  private inDoubt: readonly number[] = [];

  constructor(
    private readonly options: {
      connect: () => Promise<pg.Client>;
      log: string;
      logId: string;
      holder: string;
      clock: Clock;
      timers: Timers;
      /** How long to go on trying when the database is away. */
      patienceMs: number;
      answerWithinMs: number;
    },
  ) {
    this.ownership = new Ownership(options);
    this.connection = new WriterConnection({ ...options, prepare: (client) => this.settle(client) });
  }

  /** @throws LogUnavailable */
  async open(): Promise<void> {
    try {
      await this.trying(() => this.connection.open());
    } catch (error) {
      throw error instanceof ConnectionLost ? new LogUnavailable('not-written', error) : error;
    }
  }

  /** @throws VersionConflict, Fenced, LogUnavailable, LogReplaced; all or nothing was written, except `outcome: 'unknown'` */
  async write(events: readonly PreparedEvent[]): Promise<Written> {
    const fate = { unknown: false };
    try {
      return await this.trying(() => this.attempt(events, fate));
    } catch (error) {
      const meaning = meaningOf(error, this.options.log, [...new Set(events.map(({ stream }) => stream))]);
      if (meaning instanceof LogReplaced) throw meaning;
      if (fate.unknown) throw new LogUnavailable('unknown', error);
      if (error instanceof ConnectionLost) throw new LogUnavailable('not-written', error);
      this.ownership.learn(meaning);
      throw meaning;
    }
  }

  private async attempt(events: readonly PreparedEvent[], fate: { unknown: boolean }): Promise<Written> {
    await this.connection.open();
    if (fate.unknown) {
      const found = await this.find(events);
      if (found) return found;
      fate.unknown = false;
    }
    const epochs = this.ownership.epochsFor(events);
    try {
      return await this.append(events, epochs);
    } catch (error) {
      fate.unknown = error instanceof ConnectionLost;
      if (fate.unknown) this.inDoubt = [...epochs.keys()];
      throw error;
    }
  }

  /** When it returns nothing that was sent before can be carried out any more. */
  private async settle(client: Queryable): Promise<void> {
    await this.ownership.reclaim(client, this.inDoubt);
    this.inDoubt = [];
  }

  /** @returns what the claim has brought in the database; owned once it is adopted */
  async claim(vshards: readonly number[], lease: { leaseMs?: number; onlyFree?: boolean }): Promise<Claimed[]> {
    try {
      return await this.trying(async () => {
        await this.connection.open();
        return this.ownership.claim(this.connection, vshards, lease);
      });
    } catch (error) {
      if (error instanceof ConnectionLost) throw new LogUnavailable('not-written', error);
      throw meaningOf(error, this.options.log, []);
    }
  }

  /** Frees what was owned, so that others need not wait for the leases to run out, and closes the connection. */
  async close(): Promise<void> {
    try {
      await this.ownership.leave(this.connection);
    } catch (error) {
      // The database is away: then the leases run out by themselves.
      if (!(error instanceof ConnectionLost)) throw error;
    }
    await this.connection.close();
  }

  private async append(events: readonly PreparedEvent[], epochs: ReadonlyMap<number, number>): Promise<Written> {
    const { log, logId, clock } = this.options;
    const atMs = clock.nowMs();
    const { rows } = await this.connection.query<{ first: string }>(appendStatement(log, logId, epochs, atMs, events));
    return { first: Number(rows[0]!.first), atMs };
  }

  private async find(events: readonly PreparedEvent[]): Promise<Written | null> {
    const { rows } = await this.connection.query<{ pos: string; at: string }>(
      findStatement(this.options.log, events[0]!),
    );
    const row = rows[0];
    return row ? { first: Number(row.pos), atMs: Number(row.at) } : null;
  }

  private async trying<T>(work: () => Promise<T>): Promise<T> {
    const { clock, timers, patienceMs } = this.options;
    const giveUpAtMs = clock.monotonicMs() + patienceMs;
    for (let failures = 0; ; failures++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ConnectionLost) || clock.monotonicMs() >= giveUpAtMs) throw error;
        await pause(timers, Math.min(500, backoffMs(failures)));
      }
    }
  }
}
