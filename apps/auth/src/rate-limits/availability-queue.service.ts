import type { Config } from '@ganglion/config';
import { InOrder, systemTimers, type Timers } from '@ganglion/event-store';
import type { Clock } from '@ganglion/kernel';
import { CLOCK, CONFIG } from '@ganglion/service';
import type { FactoryProvider } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { refuse } from '../auth.errors.js';

const WINDOW_MS = 2_000;
const DELAY_MS = 1_000;
/** One that is answered and one that waits. */
const MAX_AT_ONCE = 2;
const MAX_ADDRESSES = 10_000;
/** A rate of `rc_registration` from which on registration counts as unlimited, and this with it; per second. */
const UNLIMITED_PER_SECOND = 1_000;

/**
 * `/register/available` per client address: one at a time, slowed down above one per 2 s, refused when another waits already
 * (auth.md §10). So that nobody walks through the names. Off where the operator has lifted `rc_registration`.
 */
export class AvailabilityQueue {
  private readonly inTurn = new InOrder();
  private readonly atOnce = new Map<string, number>();
  private readonly lastMs = new LRUCache<string, number>({ max: MAX_ADDRESSES });

  /** @param options.perSecond  rate of `rc_registration` */
  constructor(private readonly options: { perSecond: number; clock: Clock; timers: Timers }) {}

  /** @throws LIMIT_EXCEEDED */
  async run<T>(address: string, work: () => Promise<T>): Promise<T> {
    if (this.options.perSecond >= UNLIMITED_PER_SECOND) return work();
    const ahead = this.atOnce.get(address) ?? 0;
    if (ahead >= MAX_AT_ONCE) throw refuse('LIMIT_EXCEEDED', { retry_after_ms: DELAY_MS });
    this.atOnce.set(address, ahead + 1);
    try {
      return await this.inTurn.run(address, () => this.slowly(address, work));
    } finally {
      const left = this.atOnce.get(address)! - 1;
      if (left === 0) this.atOnce.delete(address);
      else this.atOnce.set(address, left);
    }
  }

  private async slowly<T>(address: string, work: () => Promise<T>): Promise<T> {
    const lastMs = this.lastMs.get(address);
    const nowMs = this.options.clock.monotonicMs();
    this.lastMs.set(address, nowMs);
    if (lastMs !== undefined && nowMs - lastMs < WINDOW_MS) {
      await new Promise<void>((resolve) => this.options.timers.after(DELAY_MS, resolve));
    }
    return work();
  }
}

export const availabilityQueueProvider: FactoryProvider<AvailabilityQueue> = {
  provide: AvailabilityQueue,
  useFactory: ({ auth }: Config, clock: Clock) =>
    new AvailabilityQueue({ perSecond: auth.rc_registration.per_second, clock, timers: systemTimers }),
  inject: [CONFIG, CLOCK],
};
