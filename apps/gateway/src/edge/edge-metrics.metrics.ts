import {
  counter,
  gauge,
  gaugeBy,
  latencyHistogram,
  type Counter,
  type Histogram,
  type Registry,
} from '@ganglion/observability';

export interface EdgeReadings {
  parked(): number;
  cut(): number;
  fence(): number;
  live(): number;
  inFlight(): number;
  inFlightLimit(): number;
  refused(): Record<string, number>;
}

/** What the gateway tells of itself. No label ever holds an address, an id or anything else a client chose. */
export class EdgeMetrics {
  private readonly requests: Counter;
  private readonly seconds: Histogram;

  constructor(registry: Registry, read: EdgeReadings) {
    this.requests = counter(registry, 'ganglion_gateway_requests_total', 'Requests answered', [
      'route',
      'method',
      'status',
    ]);
    this.seconds = latencyHistogram(registry, 'ganglion_gateway_request_seconds', 'From head to answer', ['route']);
    gauge(registry, 'ganglion_gateway_parked', 'Long polls that wait here', read.parked);
    gauge(registry, 'ganglion_gateway_live', 'Authenticated requests under way with a service', read.live);
    gauge(registry, 'ganglion_gateway_cut_total', 'Requests cut off by a revocation', read.cut);
    gauge(registry, 'ganglion_gateway_in_flight', 'Requests that wait for a service', read.inFlight);
    const limit = 'How many may, as long as they are answered in good time';
    gauge(registry, 'ganglion_gateway_in_flight_limit', limit, read.inFlightLimit);
    const help = 'Requests refused early with 429, by what there was too much of';
    gaugeBy(registry, 'ganglion_gateway_refused_total', help, 'pressure', read.refused);
    gauge(registry, 'ganglion_gateway_fence_open', '1 while authenticated requests may be answered', read.fence);
  }

  answered(route: string, method: string, status: number, elapsedMs: number): void {
    this.requests.inc({ route, method, status });
    // How long a client chose to wait says nothing of this server.
    if (route !== 'sync') this.seconds.observe({ route }, elapsedMs / 1_000);
  }
}
