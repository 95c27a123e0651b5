import type { RpcServer } from '@ganglion/messaging';
import { Registry } from '@ganglion/observability';
import type { Followers } from './followers.js';
import { readerMetrics, serverMetrics, storeMetrics } from './load-metrics.js';

/** Samples of a figure, without those of its buckets. */
async function figure(registry: Registry, name: string): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n');
  return lines.filter((line) => line.startsWith(name) && !line.includes('_bucket'));
}

describe('figures of load', () => {
  it('tell what a server has at hand and what it refused, as it is when somebody asks', async () => {
    const registry = new Registry();
    const load = { inFlight: 3, queued: 1, refused: 5, late: 2 };
    serverMetrics(registry, { load: () => load } as RpcServer);
    expect(await figure(registry, 'ganglion_rpc')).toEqual([
      'ganglion_rpc_in_flight 3',
      'ganglion_rpc_queued 1',
      'ganglion_rpc_refused_total 5',
      'ganglion_rpc_late_total 2',
    ]);
    Object.assign(load, { inFlight: 0, refused: 6 });
    expect(await figure(registry, 'ganglion_rpc_refused_total')).toEqual(['ganglion_rpc_refused_total 6']);
    expect(await figure(registry, 'ganglion_rpc_in_flight')).toEqual(['ganglion_rpc_in_flight 0']);
  });

  it('tell how long appends wait and how many go together', async () => {
    const registry = new Registry();
    const store = storeMetrics(registry);
    store.queueDepth!(7);
    store.waited!(250);
    store.appended!(500, 2);
    store.batch!(100);
    expect(await figure(registry, 'ganglion_log')).toEqual([
      'ganglion_log_queued_events 7',
      'ganglion_log_wait_seconds_sum 0.25',
      'ganglion_log_wait_seconds_count 1',
      'ganglion_log_append_seconds_sum 0.5',
      'ganglion_log_append_seconds_count 1',
      'ganglion_log_batch_events_sum 100',
      'ganglion_log_batch_events_count 1',
    ]);
  });

  it('tell of every reader how far behind it is, and nothing of one that is fed elsewhere now', async () => {
    const registry = new Registry();
    let lags: Record<string, number> = { 'rooms.a': 4, 'rooms.b': 0 };
    readerMetrics(registry, { lags: () => lags } as unknown as Followers);
    expect(await figure(registry, 'ganglion_reader_lag_events')).toEqual([
      'ganglion_reader_lag_events{reader="rooms.a"} 4',
      'ganglion_reader_lag_events{reader="rooms.b"} 0',
    ]);
    lags = { 'rooms.b': 1 };
    expect(await figure(registry, 'ganglion_reader_lag_events')).toEqual([
      'ganglion_reader_lag_events{reader="rooms.b"} 1',
    ]);
  });
});
