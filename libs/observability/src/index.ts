export * from './logger.js';
export * from './loop-watch.js';
export * from './metrics.js';
export { startTracing, type TracingOptions } from './tracing/start-tracing.js';
export {
  during,
  errorTypeOf,
  traceFields,
  tracing,
  within,
  type SpanAttributes,
  type TraceSpan,
  type Tracing,
} from './tracing/tracing.js';
