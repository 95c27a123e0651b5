import type { StoredEvent } from '@ganglion/contracts';
import { Counter, Gauge, Histogram, type Registry } from '@ganglion/observability';
import type { FrozenTransaction } from './lane.store.js';
import type { Outcome } from './outcome.js';

/** Seconds; from what a healthy bridge takes to the longest wait of a failing one. */
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3_600];
const SIZE_BUCKETS = [1_024, 16_384, 131_072, 1_048_576, 5_242_880];
const COUNT_BUCKETS = [1, 2, 5, 10, 20, 50, 100];

/** What operators see of the dispatch (appservice.md §15), and the same under Synapse's names where it has one. */
export class DispatchMetrics {
  private readonly sent: Counter;
  private readonly sentSynapse: Counter;
  private readonly failed: Counter;
  private readonly failedSynapse: Counter;
  private readonly events: Counter;
  private readonly eventsSynapse: Counter;
  private readonly examined: Counter[];
  private readonly duration: Histogram;
  private readonly bytes: Histogram;
  private readonly eventCount: Histogram;
  private readonly latency: Histogram;
  private readonly position: Gauge;
  private readonly lastTs: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string, ...labelNames: string[]) =>
      new Counter({ name, help, labelNames, registers });
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name, help, labelNames: ['as'], buckets, registers });
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });

    this.sent = counter('appservice_txn_sent_total', 'Attempts that succeeded', 'as');
    this.sentSynapse = counter('synapse_appservice_api_sent_transactions_total', 'Attempts that succeeded', 'service');
    this.failed = counter('appservice_txn_failed_total', 'Attempts that failed', 'as', 'class');
    this.failedSynapse = counter('synapse_appservice_api_failed_transactions_total', 'Attempts that failed', 'service');
    this.events = counter('appservice_events_sent_total', 'Events in acknowledged transactions', 'as');
    this.eventsSynapse = counter('synapse_appservice_api_sent_events_total', 'Events acknowledged', 'service');
    this.examined = [
      counter('appservice_events_processed_total', 'Events examined, interesting or not'),
      counter('synapse_handlers_appservice_events_processed_total', 'Events examined, interesting or not'),
    ];
    this.duration = histogram('appservice_txn_duration_seconds', 'One attempt', LATENCY_BUCKETS);
    this.bytes = histogram('appservice_txn_bytes', 'Body of an attempt', SIZE_BUCKETS);
    this.eventCount = histogram('appservice_txn_events', 'Events of an attempt', COUNT_BUCKETS);
    this.latency = histogram('appservice_delivery_latency_seconds', 'Event accepted to acknowledged', LATENCY_BUCKETS);
    this.position = gauge('appservice_fanout_position', 'Position of the rooms log up to which events were examined');
    this.lastTs = gauge('appservice_fanout_last_ts', 'Commit time of the last examined event, ms since the epoch');
  }

  attempted(asId: string, { body, eventCount }: FrozenTransaction, outcome: Outcome, tookMs: number): void {
    const label = { as: asId };
    this.duration.observe(label, tookMs / 1_000);
    this.bytes.observe(label, body.length);
    this.eventCount.observe(label, eventCount);
    if (outcome.ok) {
      this.sent.inc(label);
      this.sentSynapse.inc({ service: asId });
    } else {
      this.failed.inc({ as: asId, class: outcome.class });
      this.failedSynapse.inc({ service: asId });
    }
  }

  /** @param receivedMs  when rooms accepted each of the events, ms since the epoch */
  acknowledged(asId: string, receivedMs: readonly number[], nowMs: number): void {
    const label = { as: asId };
    this.events.inc(label, receivedMs.length);
    this.eventsSynapse.inc({ service: asId }, receivedMs.length);
    for (const atMs of receivedMs) this.latency.observe(label, Math.max(0, nowMs - atMs) / 1_000);
  }

  fannedOut(batch: readonly StoredEvent[]): void {
    const persisted = batch.filter(({ type }) => type === 'event.persisted').length;
    for (const counter of this.examined) counter.inc(persisted);
    const last = batch.at(-1);
    if (!last) return;
    this.position.set(last.pos);
    this.lastTs.set(last.atMs);
  }
}
