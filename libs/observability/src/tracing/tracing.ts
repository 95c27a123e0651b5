/** What a span is told. Never a token, a body, a query string, a raw path or the id of a person or a room. */
export type SpanAttributes = Record<string, string | number | boolean>;

/** One piece of work of one request. Made by `Tracing` only. */
export interface TraceSpan {
  /** W3C form, for the next hop. */
  readonly traceparent: string;
  /** It is sampled: what it is told will be seen. */
  readonly isRecording: boolean;
  /** What runs inside, however deep, is part of it: spans, log lines, statements. */
  run<T>(work: () => T): T;
  set(attributes: SpanAttributes): void;
  /** @param errorType  a code or a class, never a message: messages quote what people sent */
  failed(errorType: string): void;
  /** The other has to do with this, without being above it. */
  linkTo(other: TraceSpan): void;
  /** Again: nothing happens. */
  end(): void;
}

/** Tracing while it is on; `otel.ts` is the only one there is. */
export interface Tracing {
  /** Something that was asked from outside this process. @param traceparent  absent or unreadable: a trace begins here */
  server(name: string, traceparent: string | undefined, attributes: SpanAttributes): TraceSpan;
  /** Part of what is going on here. @returns null where nothing that is traced goes on, as in background work */
  child(name: string, kind: 'client' | 'internal', attributes: SpanAttributes): TraceSpan | null;
  /** Work that serves many requests or none: what it does belongs to none of them. */
  outside<T>(work: () => T): T;
  /** What goes on here, for log lines and the next hop. */
  current(): { traceId: string; spanId: string; traceparent: string } | null;
  /** Sends what is still here, within a bound, and is off afterwards. */
  stop(): Promise<void>;
}

let now: Tracing | null = null;

/**
 * Null while tracing is off, which is the whole cost of it then: nothing of the SDK is loaded. One for the process,
 * because it patches what the process shares.
 */
export function tracing(): Tracing | null {
  return now;
}

export function setTracing(tracing: Tracing | null): void {
  now = tracing;
}

/** Inside the span, or, without one, inside none: not in that of whoever happened to run this. */
export function within<T>(span: TraceSpan | null, work: () => T): T {
  if (span) return span.run(work);
  return now ? now.outside(work) : work();
}

/** Runs `work` as the span and ends it. @param typeOf  what kind of failure an error is */
export async function during<T>(
  span: TraceSpan | null,
  work: () => Promise<T>,
  typeOf: (error: unknown) => string = errorTypeOf,
): Promise<T> {
  if (!span) return work();
  try {
    return await span.run(work);
  } catch (error) {
    span.failed(typeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** Code of a refusal, SQLSTATE, or class of an error. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

/** Fields of a log line that belongs to a traced request. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const current = now?.current();
  return current ? { trace_id: current.traceId, span_id: current.spanId } : {};
}
