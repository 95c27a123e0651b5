import type { LaneOverview } from '../../dispatch/lane-overview.store.js';
import type { Registration } from '../registration.js';

/** One line of the operators' list; times in ms since the epoch. Holds no token. */
export interface AppserviceEntry {
  id: string;
  source: string;
  url: string | null;
  sender: string;
  state: string;
  /** Why it is paused; else null. */
  reason: string | null;
  since: number;
  lag_events: number;
  lag_seconds: number;
  last_success_ts: number | null;
  last_error: { class: string; detail: string; ts: number } | null;
  /** Failures the next wait is counted from. */
  attempts: number;
  next_retry_at: number | null;
  lane_owner: string | null;
  flags: Record<string, boolean>;
}

export function appserviceEntry(registration: Registration, lane: LaneOverview, nowMs: number): AppserviceEntry {
  const { public: known, options, url, source } = registration;
  const { oldestReceivedMs, lastError } = lane;
  return {
    id: known.asId,
    source,
    url,
    sender: known.sender,
    state: lane.status,
    reason: lane.reason,
    since: lane.sinceMs,
    lag_events: lane.depth,
    lag_seconds: oldestReceivedMs === null ? 0 : Math.max(0, nowMs - oldestReceivedMs) / 1_000,
    last_success_ts: lane.lastSuccessMs,
    last_error: lastError && { class: lastError.class, detail: lastError.detail, ts: lastError.atMs },
    attempts: lane.failures,
    next_retry_at: lane.nextRetryAtMs,
    lane_owner: lane.owner,
    flags: {
      rate_limited: known.rateLimited,
      receive_ephemeral: options.receiveEphemeral,
      'de.sorunome.msc2409.push_ephemeral': options.pushEphemeralMsc2409,
      'org.matrix.msc3202': options.msc3202,
      'io.element.msc4190': known.deviceManaged ?? false,
      'io.ganglion.suppress_echo': options.suppressEcho,
      'io.ganglion.legacy_event_fields': options.legacyEventFields,
    },
  };
}
