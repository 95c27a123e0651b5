import { EventLog, LogUnavailable } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { LogPosition } from '@ganglion/contracts';
import { ReadPosition } from '../read-model/read-position.service.js';

export interface Sent {
  eventId: string;
  /** Where it stands in the log; null for what stands nowhere. */
  at: LogPosition | null;
}

/** Requests remembered in memory; older ones are found in the table. */
const REMEMBERED = 50_000;

/**
 * Makes a repeated request give the first one's result: also when both run at once, when the process has restarted in between,
 * and when the first was only pretended to succeed. Failures are not remembered.
 */
@Injectable()
export class Transactions {
  private readonly recent = new LRUCache<string, Promise<Sent>>({
    max: REMEMBERED,
    dispose: (sent) => void sent.then(({ at }) => this.mustHaveRead(at?.pos ?? 0), ignored),
  });
  /** The table knows of everything that memory does not, once the read model has come this far. */
  private floor: number;
  private waiting: { key: string; resolve: (eventId: string | null) => void; reject: (error: unknown) => void }[] = [];
  private looking = false;
  /** An append of which nobody knows whether it was written: the log has to be asked how far it goes. */
  private inDoubt = false;

  constructor(
    private readonly log: EventLog,
    private readonly reads: ReadPosition,
    @Inject(POOL) private readonly pool: pg.Pool,
  ) {
    this.floor = log.head();
    // Another process may have sent for these rooms until now.
    log.onOwnership(() => this.mustHaveRead(log.head()));
  }

  /** @param key  of `txnKey` */
  once(key: string, work: () => Promise<Sent>): Promise<Sent> {
    const before = this.recent.get(key);
    if (before) return before;
    const sent = this.attempt(key, work);
    this.recent.set(key, sent);
    sent.catch((error: unknown) => {
      if (error instanceof LogUnavailable && error.outcome === 'unknown') this.inDoubt = true;
      if (this.recent.peek(key) === sent) this.recent.delete(key);
    });
    return sent;
  }

  private async attempt(key: string, work: () => Promise<Sent>): Promise<Sent> {
    if (this.inDoubt) {
      this.mustHaveRead(await this.log.refreshHead());
      this.inDoubt = false;
    }
    await this.reads.reached(this.floor);
    const eventId = await this.find(key);
    return eventId === null ? work() : { eventId, at: { logId: this.log.logId, pos: this.floor } };
  }

  private mustHaveRead(pos: number): void {
    this.floor = Math.max(this.floor, pos);
  }

  /** Whoever asks while a look-up is under way goes with the next one. */
  private find(key: string): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (!this.looking) void this.look();
    });
  }

  private async look(): Promise<void> {
    this.looking = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      try {
        const found = await this.read(batch.map(({ key }) => key));
        for (const { key, resolve } of batch) resolve(found.get(key) ?? null);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.looking = false;
  }

  private async read(keys: string[]): Promise<Map<string, string>> {
    const { rows } = await this.pool.query<{ key: Buffer; event_id: string }>({
      name: 'rooms_find_txn',
      text: 'select key, event_id from txn where key = any($1::bytea[])',
      values: [keys.map((key) => Buffer.from(key, 'base64url'))],
    });
    return new Map(rows.map(({ key, event_id }) => [key.toString('base64url'), event_id]));
  }
}

function ignored(): void {}
