import { Type } from 'typebox';
import { defineConfig } from '../section.js';

export const observabilityConfig = defineConfig('observability', 'What the processes tell of themselves.', {
  tracing: Type.Object(
    {
      endpoint: Type.Union([Type.String({ pattern: '^https?://.+' }), Type.Null()], {
        default: null,
        description:
          'OTLP/HTTP collector, such as http://127.0.0.1:4318; spans are posted to <endpoint>/v1/traces. ' +
          'Not set at all: OTEL_EXPORTER_OTLP_ENDPOINT counts. Null: no tracing.',
      }),
      sample_ratio: Type.Number({
        minimum: 0,
        maximum: 1,
        default: 1,
        description: 'Share of the traces begun here that are kept. Of those begun by a client the client decides.',
      }),
      honour_traceparent: Type.Boolean({
        default: true,
        description: 'Go on with the trace a client or proxy has begun, and with its decision whether it is kept.',
      }),
    },
    { additionalProperties: false, default: {}, description: 'OpenTelemetry traces.' },
  ),
});
