import { systemClock } from '@ganglion/kernel';
import { createLogger, startTracing, tracing } from '@ganglion/observability';
import { OtlpCollector } from '@ganglion/testing';
import { FakeSystem } from '../fake-system.fixture.js';

const C3 = '/_matrix/client/v3';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

describe('traces of requests', () => {
  let collector: OtlpCollector;
  let system: FakeSystem;
  let alice: string;

  beforeAll(async () => {
    collector = await OtlpCollector.start();
    await startTracing({
      service: 'gateway',
      instance: 'gateway-1',
      version: '1',
      endpoint: collector.endpoint,
      sampleRatio: 1,
      logger: createLogger('gateway', 'fatal'),
      clock: systemClock,
    });
    system = await FakeSystem.start();
    alice = await system.user('@alice:test');
  });
  afterEach(() => system.handlers.clear());
  afterAll(async () => {
    await system.stop();
    await tracing()?.stop();
    await collector.stop();
  });

  const send = (txnId: string, headers: Record<string, string> = {}) =>
    system.fetch(`${C3}/rooms/!secretroom:test/send/m.room.message/${txnId}?access_token=${alice}&canary=in-query`, {
      method: 'PUT',
      headers: { 'user-agent': 'canary-agent', ...headers },
      body: '{"body":"canary-body"}',
    });

  it('go from HTTP over the bus into the service, each below the other', async () => {
    await send('one', { traceparent: TRACEPARENT });
    const http = await collector.span(({ traceId, name }) => traceId === TRACE && name.startsWith('PUT '));
    const client = await collector.span(({ traceId, kind }) => traceId === TRACE && kind === 3);
    const server = await collector.span(
      ({ traceId, parentSpanId }) => traceId === TRACE && parentSpanId === client.spanId,
    );
    expect(http).toMatchObject({
      name: `PUT ${C3}/rooms/{roomId}/send/{eventType}/{txnId}`,
      kind: 2,
      parentSpanId: PARENT,
      statusCode: 0,
      attributes: {
        'http.request.method': 'PUT',
        'http.route': `${C3}/rooms/{roomId}/send/{eventType}/{txnId}`,
        'http.response.status_code': 200,
      },
    });
    expect(client).toMatchObject({ name: 'sendEvent', parentSpanId: http.spanId });
    expect(server).toMatchObject({ name: 'sendEvent', kind: 2, attributes: { 'rpc.service': 'rooms' } });
  });

  it('hold nothing of what the client sent', async () => {
    await send('two');
    await system.fetch(`${C3}/login`, {
      method: 'POST',
      body: JSON.stringify({ type: 'm.login.password', password: 'canary-password' }),
    });
    await system.fetch(`/canary-path?access_token=${alice}`);
    await collector.until(() => ['404', '/login'].every((text) => collector.bodies.join().includes(text)));
    const all = collector.bodies.join();
    for (const canary of [alice, 'canary', 'secretroom', '@alice:test', 'access_token'])
      expect(all).not.toContain(canary);
  });

  it('tell of a refusal its errcode, and of what could not be done that it failed', async () => {
    system.on('rooms cmd:sendEvent', () => Promise.reject(new Error('canary-bug')));
    const failed = await send('three');
    const http = await collector.span(
      (span) => span.attributes['ganglion.request_id'] === idOf(failed) && span.kind === 2,
    );
    expect(http).toMatchObject({ statusCode: 2, attributes: { 'error.type': 'M_UNKNOWN' } });
    const wrong = await system.fetch(`${C3}/account/whoami`, { token: 'canary-token' });
    const refused = await collector.span((span) => span.attributes['ganglion.request_id'] === idOf(wrong));
    expect(refused).toMatchObject({
      statusCode: 0,
      attributes: { 'matrix.errcode': 'M_UNKNOWN_TOKEN', 'http.response.status_code': 401 },
    });
    expect(collector.bodies.join()).not.toContain('canary-bug');
  });

  it('are not kept when whoever began the trace does not keep it', async () => {
    const trace = 'abcdefabcdefabcdefabcdefabcdefab';
    await send('four', { traceparent: `00-${trace}-${PARENT}-00` });
    const kept = await send('five');
    await collector.span((span) => span.attributes['ganglion.request_id'] === idOf(kept));
    expect(collector.spans.filter(({ traceId }) => traceId === trace)).toEqual([]);
  });

  it('are not made of health checks', async () => {
    await system.fetch('/_ganglion/health/live');
    const after = await send('six');
    await collector.span((span) => span.attributes['ganglion.request_id'] === idOf(after));
    expect(collector.spans.filter(({ name }) => name.includes('health'))).toEqual([]);
  });
});

describe('traces that clients begin', () => {
  it('are begun anew where that is configured', async () => {
    const collector = await OtlpCollector.start();
    const logger = createLogger('gateway', 'fatal');
    const { endpoint } = collector;
    const process = { service: 'gateway', instance: 'gateway-1', version: '1', logger, clock: systemClock };
    await startTracing({ ...process, endpoint, sampleRatio: 1 });
    const system = await FakeSystem.start({ GANGLION_OBSERVABILITY__TRACING__HONOUR_TRACEPARENT: 'false' });
    await system.fetch('/_matrix/client/versions', { headers: { traceparent: TRACEPARENT } });
    const span = await collector.span(({ name }) => name === 'GET /_matrix/client/versions');
    expect(span.traceId).not.toBe(TRACE);
    expect(span.parentSpanId).toBe('');
    await system.stop();
    await tracing()?.stop();
    await collector.stop();
  });
});

function idOf(reply: { headers: Headers }): string {
  return reply.headers.get('x-request-id')!;
}
