import { PassThrough } from 'node:stream';
import { FixedClock } from '@ganglion/kernel';
import { OtlpCollector } from '@ganglion/testing';
import { createLogger } from '../logger.js';
import { startTracing } from './start-tracing.js';
import { during, tracing, within, type Tracing } from './tracing.js';

const REMOTE = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
const traceparent = (flags: string) => `00-${REMOTE.trace}-${REMOTE.span}-${flags}`;

/** A log that can be read. */
function readableLog() {
  const stream = new PassThrough();
  const lines = (): Record<string, unknown>[] =>
    String(stream.read() ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger: createLogger('test', 'info', stream), lines };
}

describe('tracing', () => {
  const clock = new FixedClock();
  const { logger, lines } = readableLog();
  let collector: OtlpCollector;

  const start = (endpoint: string | null, sampleRatio = 1): Promise<Tracing | null> =>
    startTracing({ service: 'test', instance: 'test-1', version: '1.2.3', endpoint, sampleRatio, logger, clock });

  beforeEach(async () => {
    collector = await OtlpCollector.start();
  });

  afterEach(async () => {
    await tracing()?.stop();
    await collector.stop();
  });

  it('is off without an endpoint, and work is done all the same', async () => {
    expect(await start(null)).toBeNull();
    expect(tracing()).toBeNull();
    expect(await during(null, async () => 1)).toBe(1);
    expect(within(null, () => 2)).toBe(2);
  });

  it('is one for the process', async () => {
    await start(collector.endpoint);
    await expect(start(collector.endpoint)).rejects.toThrow('on already');
  });

  it('sends spans that stand below each other, with whose they are', async () => {
    const on = (await start(collector.endpoint))!;
    const outer = on.server('GET /x', traceparent('01'), { 'http.route': '/x' });
    const inner = await outer.run(async () => {
      const span = on.child('sendEvent', 'client', {})!;
      await during(span, async () => undefined);
      return span.traceparent;
    });
    outer.end();
    await on.stop();
    const [below, above] = [
      collector.spans.find(({ kind }) => kind === 3)!,
      collector.spans.find((s) => s.kind === 2)!,
    ];
    expect(above).toMatchObject({ traceId: REMOTE.trace, parentSpanId: REMOTE.span, name: 'GET /x' });
    expect(below).toMatchObject({ traceId: REMOTE.trace, parentSpanId: above.spanId, name: 'sendEvent' });
    expect(inner).toBe(`00-${REMOTE.trace}-${below.spanId}-01`);
    expect(above.resource).toMatchObject({
      'service.name': 'ganglion-test',
      'service.instance.id': 'test-1',
      'service.version': '1.2.3',
    });
  });

  it('lets whoever began the trace decide whether it is kept', async () => {
    const on = (await start(collector.endpoint, 0))!;
    for (const flags of ['00', '01']) on.server(flags, traceparent(flags), {}).end();
    on.server('ours', undefined, {}).end();
    await on.stop();
    expect(collector.spans.map(({ name }) => name)).toEqual(['01']);
  });

  it('stops within a bound when the collector never answers', async () => {
    collector.silent = true;
    const on = (await start(collector.endpoint))!;
    on.server('x', undefined, {}).end();
    await on.stop();
    expect(tracing()).toBeNull();
  });

  it('begins a trace of its own when what it is sent is no traceparent', async () => {
    const on = (await start(collector.endpoint))!;
    for (const text of ['junk', `00-${'0'.repeat(32)}-${REMOTE.span}-01`]) on.server('x', text, {}).end();
    await on.stop();
    expect(collector.spans.map(({ parentSpanId }) => parentSpanId)).toEqual(['', '']);
  });

  it('makes no span of what belongs to no request', async () => {
    const on = (await start(collector.endpoint))!;
    expect(on.child('poll', 'client', {})).toBeNull();
    const span = on.server('x', undefined, {});
    span.run(() => expect(within(null, () => on.child('round', 'internal', {}))).toBeNull());
  });

  it('tells of a failure its kind and no more', async () => {
    const on = (await start(collector.endpoint))!;
    const span = on.server('x', undefined, {});
    const work = during(span, () => Promise.reject(Object.assign(new Error('the secret of @a'), { code: 'M_LATE' })));
    await expect(work).rejects.toThrow('the secret');
    await on.stop();
    expect(collector.spans).toMatchObject([{ statusCode: 2, attributes: { 'error.type': 'M_LATE' } }]);
    expect(collector.bodies.join()).not.toContain('secret');
  });

  it('puts the ids of the trace into the log lines of a request, and of nothing else', async () => {
    const on = (await start(collector.endpoint))!;
    const span = on.server('x', traceparent('01'), {});
    span.run(() => logger.info('inside'));
    logger.info('outside');
    const [inside, outside] = lines().filter(({ msg }) => msg === 'inside' || msg === 'outside');
    expect(inside).toMatchObject({ msg: 'inside', trace_id: REMOTE.trace, span_id: span.traceparent.split('-')[2] });
    expect(outside).not.toHaveProperty('trace_id');
  });

  it('concerns nobody but the log when the collector refuses', async () => {
    collector.status = 400;
    const on = (await start(collector.endpoint))!;
    on.server('x', undefined, {}).end();
    await on.stop();
    expect(lines()).toMatchObject([{ msg: 'spans could not be sent to the collector', lostSpans: 1 }]);
  });
});
