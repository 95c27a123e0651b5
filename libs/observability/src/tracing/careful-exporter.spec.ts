import { PassThrough } from 'node:stream';
import { FixedClock } from '@ganglion/kernel';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { createLogger } from '../logger.js';
import { CarefulExporter } from './careful-exporter.js';

type Answer = Parameters<Parameters<SpanExporter['export']>[1]>[0];

describe('CarefulExporter', () => {
  const clock = new FixedClock();
  const stream = new PassThrough();
  const sent: ReadableSpan[] = [];
  let answer: Answer = { code: 0 };
  const inner: SpanExporter = {
    export: (spans, done) => {
      sent.push(...spans);
      done(answer);
    },
    shutdown: async () => undefined,
  };
  const exporter = new CarefulExporter(inner, createLogger('test', 'info', stream), clock);
  const told = (): unknown[] =>
    String(stream.read() ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  const spanWith = (status: ReadableSpan['status']) => ({ name: 'x', status }) as ReadableSpan;
  const send = (...spans: ReadableSpan[]) => {
    const answers: Answer[] = [];
    exporter.export(spans, (result) => answers.push(result));
    return answers;
  };

  it('sends of a failure that it was one, not what it said', () => {
    send(spanWith({ code: 2, message: 'invalid input syntax: "a secret"' }), spanWith({ code: 1 }));
    expect(sent.map(({ name, status }) => ({ name, status }))).toEqual([
      { name: 'x', status: { code: 2 } },
      { name: 'x', status: { code: 1 } },
    ]);
  });

  it('says once a minute how many spans were lost, and troubles nobody else with it', () => {
    answer = { code: 1, error: new Error('connect ECONNREFUSED') };
    const span = spanWith({ code: 0 });
    expect([send(span), send(span, span), send(span)]).toEqual([[{ code: 0 }], [{ code: 0 }], [{ code: 0 }]]);
    expect(told()).toMatchObject([{ lostSpans: 1, problem: 'connect ECONNREFUSED' }]);
    clock.advance(59_999);
    send(span);
    expect(told()).toEqual([]);
    clock.advance(1);
    send(span);
    expect(told()).toMatchObject([{ lostSpans: 5 }]);
  });
});
