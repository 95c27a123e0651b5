import type { Queryable } from '@ganglion/event-store';
import type { LaneError, LaneStatus } from './lane-state.js';

/** What operators want to know of a lane, from its rows; any instance may ask. */
export interface LaneOverview {
  asId: string;
  status: LaneStatus;
  /** Why it is paused. */
  reason: string | null;
  /** All times: ms since the epoch. */
  sinceMs: number;
  failures: number;
  nextRetryAtMs: number | null;
  lastSuccessMs: number | null;
  lastError: LaneError | null;
  owner: string | null;
  /** Events routed and not acknowledged. */
  depth: number;
  /** When rooms accepted the oldest of them. */
  oldestReceivedMs: number | null;
}

interface Row {
  as_id: string;
  state: LaneStatus;
  reason: string | null;
  since_ms: string;
  failures: number;
  next_retry_at_ms: string | null;
  last_success_ms: string | null;
  last_error: string | null;
  owner: string | null;
  depth: string;
  oldest: string | null;
}

export async function laneOverviews(db: Queryable): Promise<LaneOverview[]> {
  const { rows } = await db.query<Row>({
    name: 'lane_overviews',
    text: `select lane.*, queue.depth,
        (select received_ts from route where as_id = lane.as_id order by ordinal limit 1) as oldest
      from lane left join lateral (select count(*) as depth from route where as_id = lane.as_id) queue on true`,
  });
  const number = (value: string | null) => (value === null ? null : Number(value));
  return rows.map((row) => ({
    asId: row.as_id,
    status: row.state,
    reason: row.reason,
    sinceMs: Number(row.since_ms),
    failures: row.failures,
    nextRetryAtMs: number(row.next_retry_at_ms),
    lastSuccessMs: number(row.last_success_ms),
    lastError: row.last_error === null ? null : (JSON.parse(row.last_error) as LaneError),
    owner: row.owner,
    depth: Number(row.depth),
    oldestReceivedMs: number(row.oldest),
  }));
}
