import type { LaneOverview } from '../../dispatch/lane-overview.js';
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
  since: number | null;
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

/** @param lane  undefined while it is being made */
export function appserviceEntry(
  registration: Registration,
  lane: LaneOverview | undefined,
  nowMs: number,
): AppserviceEntry {
  const { public: known, options, url, source } = registration;
  const oldestMs = lane?.oldestReceivedMs ?? null;
  const error = lane?.lastError ?? null;
  return {
    id: known.asId,
    source,
    url,
    sender: known.sender,
    state: lane?.status ?? 'unknown',
    reason: lane?.reason ?? null,
    since: lane?.sinceMs ?? null,
    lag_events: lane?.depth ?? 0,
    lag_seconds: oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs) / 1_000,
    last_success_ts: lane?.lastSuccessMs ?? null,
    last_error: error && { class: error.class, detail: error.detail, ts: error.atMs },
    attempts: lane?.failures ?? 0,
    next_retry_at: lane?.nextRetryAtMs ?? null,
    lane_owner: lane?.owner ?? null,
    flags: {
      rate_limited: known.rateLimited,
      receive_ephemeral: options.receiveEphemeral,
      'de.sorunome.msc2409.push_ephemeral': options.pushEphemeralMsc2409,
      'org.matrix.msc3202': options.msc3202,
      'io.element.msc4190': options.msc4190,
      'io.ganglion.suppress_echo': options.suppressEcho,
      'io.ganglion.legacy_event_fields': options.legacyEventFields,
    },
  };
}
