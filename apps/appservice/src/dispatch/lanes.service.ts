import type { Config } from '@ganglion/config';
import { systemTimers } from '@ganglion/event-store';
import type { Clock, Ids } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { CLOCK, CONFIG, IDS, INSTANCE, LOGGER, POOL } from '@ganglion/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import type { Registration } from '../registrations/registration.js';
import { Registrations } from '../registrations/registrations.service.js';
import { AppserviceClient, type Target } from './appservice-client.js';
import { DispatchMetrics } from './dispatch.metrics.js';
import { LaneJournal } from './lane-journal.service.js';
import { resumed, type LaneState } from './lane-state.js';
import { LaneStore, type LaneKey } from './lane.store.js';
import { Lane } from './lane.js';
import { lanesWithRoutes } from './routes.js';

const USER_AGENT = 'Ganglion';

/**
 * The lanes this instance owns: all of them, taken over at the start. One that is down goes on with its waits, whether or not
 * there is traffic; one that is taken over by another instance ends here.
 */
@Injectable()
export class Lanes implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly store: LaneStore;
  private readonly lanes = new Map<string, Lane>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(INSTANCE) private readonly instance: string,
    private readonly registrations: Registrations,
    private readonly journal: LaneJournal,
    private readonly metrics: DispatchMetrics,
  ) {
    this.store = new LaneStore(pool);
  }

  async onApplicationBootstrap(): Promise<void> {
    const asIds = this.registrations.all().map((one) => one.public.asId);
    for (const { key, state } of await this.store.claim(asIds, this.instance)) {
      const lane = this.makeLane(key, state);
      this.lanes.set(key.asId, lane);
      lane.start();
    }
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((lane) => lane.stop()));
  }

  /** @param asIds  lanes with something new; null: nobody knows which */
  wake(asIds: ReadonlySet<string> | null): void {
    if (asIds) return this.wakeThese(asIds);
    lanesWithRoutes(this.pool, [...this.lanes.keys()]).then(
      (found) => this.wakeThese(found),
      (error: unknown) => {
        this.logger.warn({ err: error }, 'which lanes have something new is not known; all of them look');
        this.wakeThese(this.lanes.keys());
      },
    );
  }

  private wakeThese(asIds: Iterable<string>): void {
    for (const asId of asIds) this.lanes.get(asId)?.wake();
  }

  private makeLane(key: LaneKey, state: LaneState): Lane {
    const { asId } = key;
    const { clock, store, metrics, config } = this;
    const { max_txn_events, max_txn_bytes, retry, request_timeout_ms } = config.appservice;
    const times = { firstMs: retry.first_ms, maxMs: retry.max_ms, jitter: retry.jitter };
    return new Lane({
      key,
      state: resumed(state, clock.nowMs(), times),
      store,
      sender: new AppserviceClient({
        target: () => this.targetOf(asId),
        timeoutMs: request_timeout_ms,
        userAgent: USER_AGENT,
        clock,
        timers: systemTimers,
      }),
      announce: (id, now) => this.journal.announce(id, now),
      limits: { maxEvents: Math.min(max_txn_events, MAX_EVENTS), maxBytes: max_txn_bytes },
      retry: times,
      legacyEventFields: () => this.registered(asId).options.legacyEventFields,
      chance: () => Number(this.ids.random(6, '0123456789')) / 1e6,
      clock,
      timers: systemTimers,
      metrics,
      report: (error) => this.logger.error({ err: error, appservice: asId }, 'a lane stumbled; it will try again'),
      onLost: () => this.lost(asId),
    });
  }

  private registered(asId: string): Registration {
    const registration = this.registrations.get(asId);
    if (!registration) throw new Error(`a lane of ${asId}, which is not registered`);
    return registration;
  }

  private targetOf(asId: string): Target {
    const { url, hsToken } = this.registered(asId);
    if (url === null) throw new Error(`a lane of ${asId}, which has no URL`);
    return { url, hsToken };
  }

  private lost(asId: string): void {
    this.lanes.delete(asId);
    this.logger.info({ appservice: asId }, 'another instance has taken the lane over');
  }
}

/** Bridges are written for no more (appservice.md §7.4). */
const MAX_EVENTS = 100;
