import { counter, latencyHistogram, type Counter, type Histogram, type Registry } from '@ganglion/observability';
import { REGISTRY } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';

@Injectable()
export class RoomsMetrics {
  private readonly events: Counter;
  private readonly send: Histogram;
  private readonly syncs: Counter;
  private readonly sync: Histogram;
  private readonly drops: Counter;

  constructor(@Inject(REGISTRY) registry: Registry) {
    this.events = counter(registry, 'ganglion_rooms_events_persisted_total', 'Room events committed');
    this.send = latencyHistogram(
      registry,
      'ganglion_rooms_write_seconds',
      'From the decision to the commit of a write',
    );
    this.syncs = counter(registry, 'ganglion_rooms_sync_total', 'Sync computations', ['kind', 'result']);
    this.sync = latencyHistogram(registry, 'ganglion_rooms_sync_seconds', 'One sync computation', ['kind']);
    this.drops = counter(registry, 'ganglion_rooms_dropped_total', 'Actions of shadow-banned users that were dropped');
  }

  persisted(events: number): void {
    this.events.inc(events);
  }

  dropped(): void {
    this.drops.inc();
  }

  async timeSend<T>(work: () => Promise<T>): Promise<T> {
    const end = this.send.startTimer();
    try {
      return await work();
    } finally {
      end();
    }
  }

  async timeSync<T extends { empty: boolean }>(kind: 'initial' | 'incremental', work: () => Promise<T>): Promise<T> {
    const end = this.sync.startTimer({ kind });
    try {
      const answer = await work();
      this.syncs.inc({ kind, result: answer.empty ? 'empty' : 'something' });
      return answer;
    } finally {
      end();
    }
  }
}
