import type { Clock } from '@ganglion/kernel';
import type { Logger } from '../logger.js';
import { setTracing, tracing, type Tracing } from './tracing.js';

export interface TracingOptions {
  /** The process: a service, or `single` for all of them. */
  service: string;
  /** Different for every process that ever ran. */
  instance: string;
  version: string;
  /** Base URL of an OTLP/HTTP collector; null: no tracing. */
  endpoint: string | null;
  /** Share of the traces that begin here which are kept, 0 to 1. Those begun elsewhere are decided there. */
  sampleRatio: number;
  logger: Logger;
  clock: Clock;
}

/**
 * Switches tracing on for this process, if there is somewhere to send spans. The SDK is loaded here and nowhere
 * else, so without an endpoint it costs neither time nor memory.
 * @returns the same as `tracing()` from now on
 */
export async function startTracing(options: TracingOptions): Promise<Tracing | null> {
  const { endpoint } = options;
  if (endpoint === null) return null;
  if (tracing()) throw new Error('tracing is on already; it is one for the process');
  const { OtelTracing } = await import('./otel.js');
  const started = OtelTracing.start({ ...options, endpoint });
  setTracing(started);
  return started;
}
