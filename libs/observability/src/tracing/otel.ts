import { doneWithin, systemTimers } from '@ganglion/kernel';
import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { ATTR_ERROR_TYPE, ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { CarefulExporter } from './careful-exporter.js';
import { PgSpans } from './pg-spans.js';
import type { TracingOptions } from './start-tracing.js';
import { setTracing, type SpanAttributes, type TraceSpan, type Tracing } from './tracing.js';

/** Not yet among the stable names. */
const ATTR_SERVICE_INSTANCE_ID = 'service.instance.id';
/** A collector that is slower is as good as away; spans beyond the queue are dropped rather than kept in memory. */
const EXPORT_WITHIN_MS = 5_000;
const EXPORT_EVERY_MS = 1_000;
const QUEUE_SPANS = 4_096;
const BATCH_SPANS = 512;
/** Longest that a stop waits for the last spans. */
const FLUSH_WITHIN_MS = 2_000;
/** Statements are ours and short; whatever is longer is an accident. */
const LONGEST_ATTRIBUTE = 4_096;
const KINDS = { client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/** The only file that knows OpenTelemetry's SDK; loaded when tracing is switched on. */
export class OtelTracing implements Tracing {
  private constructor(
    private readonly provider: NodeTracerProvider,
    private readonly tracer: Tracer,
    private readonly statements: PgSpans,
  ) {}

  static start(options: TracingOptions & { endpoint: string }): OtelTracing {
    const { sampleRatio, version, logger } = options;
    const provider = new NodeTracerProvider({
      resource: resourceOf(options),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
      spanLimits: { attributeValueLengthLimit: LONGEST_ATTRIBUTE },
      spanProcessors: [processor(options)],
    });
    provider.register();
    // Its errors are those of the exporter, which are told of already; what else it says helps only who mends tracing.
    const quiet = (message: string) => logger.debug({ problem: message }, 'tracing');
    diag.setLogger({ error: quiet, warn: quiet, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
    const statements = new PgSpans(provider);
    statements.patch();
    return new OtelTracing(provider, provider.getTracer('ganglion', version), statements);
  }

  server(name: string, traceparent: string | undefined, attributes: SpanAttributes): TraceSpan {
    const parent = traceparent ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
    return this.start(name, SpanKind.SERVER, attributes, parent);
  }

  child(name: string, kind: 'client' | 'internal', attributes: SpanAttributes): TraceSpan | null {
    const parent = context.active();
    return trace.getSpan(parent) ? this.start(name, KINDS[kind], attributes, parent) : null;
  }

  outside<T>(work: () => T): T {
    return context.with(ROOT_CONTEXT, work);
  }

  current() {
    const active = context.active();
    const span = trace.getSpan(active);
    if (!span) return null;
    const { traceId, spanId } = span.spanContext();
    return { traceId, spanId, traceparent: traceparentOf(active) };
  }

  async stop(): Promise<void> {
    setTracing(null);
    this.statements.unpatch();
    await doneWithin(systemTimers, FLUSH_WITHIN_MS, this.provider.shutdown());
    for (const part of [trace, context, propagation, diag]) part.disable();
  }

  private start(name: string, kind: SpanKind, attributes: SpanAttributes, parent: Context): TraceSpan {
    const span = this.tracer.startSpan(name, { kind, attributes }, parent);
    return new OtelSpan(span, trace.setSpan(parent, span));
  }
}

class OtelSpan implements TraceSpan {
  private ended = false;

  constructor(
    private readonly span: Span,
    private readonly inside: Context,
  ) {}

  get traceparent(): string {
    return traceparentOf(this.inside);
  }

  get isRecording(): boolean {
    return this.span.isRecording();
  }

  run<T>(work: () => T): T {
    return context.with(this.inside, work);
  }

  set(attributes: SpanAttributes): void {
    if (!this.ended) this.span.setAttributes(attributes);
  }

  failed(errorType: string): void {
    this.set({ [ATTR_ERROR_TYPE]: errorType });
    if (!this.ended) this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  linkTo(other: TraceSpan): void {
    const linked = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent: other.traceparent }));
    if (linked && !this.ended) this.span.addLink({ context: linked });
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.span.end();
  }
}

function traceparentOf(inside: Context): string {
  const carrier: { traceparent?: string } = {};
  propagation.inject(inside, carrier);
  return carrier.traceparent ?? '';
}

/** What the operator says of the process (`OTEL_RESOURCE_ATTRIBUTES`), and over it what we know. */
function resourceOf({ service, instance, version }: TracingOptions) {
  return detectResources({ detectors: [envDetector] }).merge(
    resourceFromAttributes({
      [ATTR_SERVICE_NAME]: `ganglion-${service}`,
      [ATTR_SERVICE_INSTANCE_ID]: instance,
      [ATTR_SERVICE_VERSION]: version,
    }),
  );
}

function processor({ endpoint, logger, clock }: TracingOptions & { endpoint: string }): BatchSpanProcessor {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new CarefulExporter(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_WITHIN_MS }), logger, clock);
  return new BatchSpanProcessor(exporter, {
    maxQueueSize: QUEUE_SPANS,
    maxExportBatchSize: BATCH_SPANS,
    scheduledDelayMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_WITHIN_MS + 1_000,
  });
}
