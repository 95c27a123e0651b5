import type { Config } from '@ganglion/config';
import type { Sighting } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import { counter, type Logger, type Registry } from '@ganglion/observability';
import { CLOCK, CONFIG, LOGGER, REGISTRY } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AddressLog } from './address-log.repository.js';
import { COALESCING_MS, keyOf, overlay, rowAfter, type AddressRow } from './address-rows.js';

const FLUSH_EVERY_MS = 5_000;
const PRUNE_ROWS = 5_000;
const REMEMBERED_KEYS = 50_000;

/**
 * Sightings on their way into the client-address log. Queued rows are written every 5 s in one batch and at orderly stop;
 * reads lay them over what is stored. A crash loses at most the last 5 s of them, which the next sighting makes good.
 */
@Injectable()
export class Sightings {
  private readonly lastAccepted = new LRUCache<string, number>({ max: REMEMBERED_KEYS });
  private readonly queued = new Map<string, AddressRow>();
  private readonly accepted;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: AddressLog,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(REGISTRY) registry: Registry,
  ) {
    this.accepted = counter(registry, 'ganglion_sightings_total', 'Sightings by what became of them', ['outcome']);
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), FLUSH_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** @returns false when the same key was seen less than two minutes before: then nothing at all happens */
  accept(sighting: Sighting): boolean {
    const key = keyOf(sighting);
    const last = this.lastAccepted.get(key);
    // Either way: clocks jump, and of several gateways one may be ahead.
    if (last !== undefined && Math.abs(sighting.tsMs - last) < COALESCING_MS) {
      this.accepted.inc({ outcome: 'coalesced' });
      return false;
    }
    this.lastAccepted.set(key, sighting.tsMs);
    this.queued.set(key, rowAfter(this.queued.get(key), sighting));
    this.accepted.inc({ outcome: 'accepted' });
    return true;
  }

  /** Not all came of it that should have: the next sighting of the key is accepted, whenever it comes. */
  forget(sighting: Sighting): void {
    this.lastAccepted.delete(keyOf(sighting));
  }

  /** Newest first, with what waits to be written. */
  async addressesOf(userId: string): Promise<AddressRow[]> {
    const queued = [...this.queued.values()].filter((row) => row.userId === userId);
    return overlay(await this.log.ofUser(userId), queued);
  }

  /** Writes what is queued; rows that could not be written stay queued unless a newer one has come meanwhile. */
  flush(): Promise<void> {
    const done = this.flushing.then(() => this.write());
    this.flushing = done.catch(() => undefined);
    return done;
  }

  private async write(): Promise<void> {
    const rows = [...this.queued.values()];
    if (rows.length === 0) return;
    await this.log.upsert(rows);
    for (const row of rows) if (this.queued.get(keyOf(row)) === row) this.queued.delete(keyOf(row));
  }

  private tick(): void {
    this.flush()
      .then(() => this.prune())
      .catch((error: unknown) => this.logger.warn({ err: error }, 'client addresses wait to be written'));
  }

  private async prune(): Promise<void> {
    const maxAgeMs = this.config.accounting.user_ips_max_age;
    if (maxAgeMs !== null) await this.log.prune(this.clock.nowMs() - maxAgeMs, PRUNE_ROWS);
  }
}
