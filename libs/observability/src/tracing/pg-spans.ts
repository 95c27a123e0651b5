import type { TracerProvider } from '@opentelemetry/api';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import pg from 'pg';

/** Package → what the instrumentation expects it to export. */
const MODULES: Record<string, unknown> = { pg, 'pg-pool': Object.getPrototypeOf(pg.Pool) };

/**
 * A span per statement, with its text and never its values. The instrumentation waits for somebody to `require` pg, which
 * ES modules never do. It only changes prototypes, in place, so it is handed them directly: that works for whoever has
 * imported pg before as well as after. Only inside a traced request: polls and readers make no spans.
 */
export class PgSpans extends PgInstrumentation {
  constructor(provider: TracerProvider) {
    super({ enabled: false, enhancedDatabaseReporting: false, requireParentSpan: true });
    this.setTracerProvider(provider);
  }

  patch(): void {
    for (const { name, patch } of this.init()) patch?.(MODULES[name]);
  }

  unpatch(): void {
    for (const { name, unpatch } of this.init()) unpatch?.(MODULES[name]);
  }
}
