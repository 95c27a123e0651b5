import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { loopWatch } from './loop-watch.js';

export { Counter, Gauge, Histogram, Registry };

/** Seconds; fine where our hot paths are (1–50 ms), coarse beyond. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

let processMetricsTaken = false;

/**
 * The metrics of one service in this process. A registry of its own, because `--single` runs several services in one
 * process; figures of the process itself (memory, event loop) are told by the first of them only.
 */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (!processMetricsTaken) {
    processMetricsTaken = true;
    collectDefaultMetrics({ register: registry });
    loopMetrics(registry);
  }
  return registry;
}

function loopMetrics(registry: Registry): void {
  const watch = loopWatch();
  gauge(registry, 'ganglion_event_loop_delay_seconds', 'How late the event loop is; what overload is judged by', () => {
    return watch.delayMs() / 1_000;
  });
  gauge(registry, 'ganglion_event_loop_utilisation', 'Share of the last half second in which it was busy', () => {
    return watch.utilisation();
  });
}

export function latencyHistogram(registry: Registry, name: string, help: string, labelNames: string[] = []): Histogram {
  return new Histogram({ name, help, labelNames, buckets: LATENCY_BUCKETS, registers: [registry] });
}

export function counter(registry: Registry, name: string, help: string, labelNames: string[] = []): Counter {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

/** @param read  label → value, asked when somebody scrapes; a label it no longer gives is gone */
export function gaugeBy(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Record<string, number>,
): Gauge {
  return new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [of, value] of Object.entries(read())) this.set({ [label]: of }, value);
    },
  });
}

/** A figure that only grows and that somebody else counts. @param read  called when somebody scrapes */
export function counterOf(registry: Registry, name: string, help: string, read: () => number): Counter {
  return new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** @param read  called when somebody scrapes; cheaper than keeping a gauge up to date */
export function gauge(registry: Registry, name: string, help: string, read: () => number): Gauge {
  return new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
