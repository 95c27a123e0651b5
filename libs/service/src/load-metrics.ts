import type { EventStoreMetrics, Relay } from '@ganglion/event-store';
import type { RpcServer } from '@ganglion/messaging';
import { counterOf, gauge, gaugeBy, latencyHistogram, Histogram, type Registry } from '@ganglion/observability';
import type { Followers } from './followers.js';

/** Events in one commit: from a lone one to a full batch. */
const BATCH_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500];

/** What this process has taken in and not yet answered, and what it turned away. */
export function serverMetrics(registry: Registry, server: RpcServer): void {
  gauge(registry, 'ganglion_rpc_in_flight', 'Requests from the bus not yet answered', () => server.load().inFlight);
  gauge(registry, 'ganglion_rpc_queued', 'Of these, those that wait for their turn', () => server.load().queued);
  counterOf(registry, 'ganglion_rpc_refused_total', 'Requests refused with 429 for want of room or time', () => {
    return server.load().refused;
  });
  counterOf(registry, 'ganglion_rpc_late_total', 'Requests whose caller had given up before they ended', () => {
    return server.load().late;
  });
}

/** What the writing of a log tells; `queued` is asked for when somebody scrapes. */
export function storeMetrics(registry: Registry): EventStoreMetrics {
  let queued = 0;
  gauge(registry, 'ganglion_log_queued_events', 'Events accepted and not yet committed', () => queued);
  const waited = latencyHistogram(registry, 'ganglion_log_wait_seconds', 'An append, until it begins to be written');
  const seconds = latencyHistogram(registry, 'ganglion_log_append_seconds', 'An append, until it is committed');
  const batch = new Histogram({
    name: 'ganglion_log_batch_events',
    help: 'Events in one commit',
    buckets: BATCH_BUCKETS,
    registers: [registry],
  });
  return {
    queueDepth: (events) => (queued = events),
    waited: (waitMs) => waited.observe(waitMs / 1_000),
    appended: (latencyMs) => seconds.observe(latencyMs / 1_000),
    batch: (events) => batch.observe(events),
  };
}

/** How far behind the log is what reads it, in this process and on the bus. */
export function readerMetrics(registry: Registry, followers: Followers): void {
  const help = 'Events that a reader of a log, fed by this process, has not applied yet';
  gaugeBy(registry, 'ganglion_reader_lag_events', help, 'reader', () => followers.lags());
}

export function relayMetrics(registry: Registry, relay: Relay, leads: () => boolean): void {
  const help = 'Events committed and not yet on the bus; 0 where this process does not publish';
  gauge(registry, 'ganglion_relay_lag_events', help, () => (leads() ? relay.lag() : 0));
}
