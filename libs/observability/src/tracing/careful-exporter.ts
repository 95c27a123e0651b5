import type { Clock } from '@ganglion/kernel';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from '../logger.js';

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];
const SUCCESS = 0;
const REPORT_EVERY_MS = 60_000;

/**
 * Between us and the collector. What leaves says of a failure only that there was one and its type: messages of Postgres
 * quote the values they complain about. A collector that is away is told of in the log, at most once a minute, and
 * concerns nobody else; its spans are lost.
 */
export class CarefulExporter implements SpanExporter {
  private lastReportMs = -Infinity;
  private lost = 0;

  constructor(
    private readonly inner: SpanExporter,
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.inner.export(spans.map(withoutMessages), ({ code, error }) => {
      if (code !== SUCCESS) this.failed(spans.length, error);
      done({ code: SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush?.() ?? Promise.resolve();
  }

  private failed(spans: number, error: Error | undefined): void {
    this.lost += spans;
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.lastReportMs < REPORT_EVERY_MS) return;
    this.lastReportMs = nowMs;
    this.logger.warn({ lostSpans: this.lost, problem: error?.message }, 'spans could not be sent to the collector');
    this.lost = 0;
  }
}

function withoutMessages(span: ReadableSpan): ReadableSpan {
  if (span.status.message === undefined) return span;
  return Object.create(span, { status: { value: { code: span.status.code }, enumerable: true } }) as ReadableSpan;
}
