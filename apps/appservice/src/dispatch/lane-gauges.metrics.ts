import type { Queryable } from '@ganglion/event-store';
import { Gauge, type Registry } from '@ganglion/observability';
import { laneOverviews, type LaneOverview } from './lane-overview.store.js';
import type { LaneStatus } from './lane-state.js';

const STATUSES: LaneStatus[] = ['unknown', 'up', 'down', 'paused', 'disabled'];

/**
 * Figures of the lanes (appservice.md §15), read from their rows when somebody scrapes, so they are right also after a
 * restart and go on rising while nothing is sent. One scrape is one query.
 */
export function laneGauges(registry: Registry, db: Queryable, nowMs: () => number): void {
  let reading: Promise<LaneOverview[]> | null = null;
  const read = (): Promise<LaneOverview[]> => {
    reading ??= laneOverviews(db).finally(() => (reading = null));
    return reading;
  };
  const perLane = (name: string, help: string, of: (lane: LaneOverview) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['as'],
      registers: [registry],
      async collect() {
        const lanes = await read();
        this.reset();
        for (const lane of lanes) this.set({ as: lane.asId }, of(lane));
      },
    });

  perLane('appservice_lag_events', 'Events routed and not acknowledged', ({ depth }) => depth);
  perLane('appservice_lag_seconds', 'Age of the oldest event not acknowledged; 0 if none', ({ oldestReceivedMs }) =>
    oldestReceivedMs === null ? 0 : Math.max(0, nowMs() - oldestReceivedMs) / 1_000,
  );
  perLane('appservice_attempts', 'What the wait of a failing lane is counted from', ({ failures }) => failures);
  perLane(
    'appservice_next_retry_ts',
    'Next attempt of a lane that is down, ms since the epoch; 0 if none',
    ({ nextRetryAtMs }) => nextRetryAtMs ?? 0,
  );
  new Gauge({
    name: 'appservice_state',
    help: '1 for the current state of the lane',
    labelNames: ['as', 'state'],
    registers: [registry],
    async collect() {
      const lanes = await read();
      this.reset();
      for (const { asId, status } of lanes) {
        for (const state of STATUSES) this.set({ as: asId, state }, state === status ? 1 : 0);
      }
    },
  });
}
