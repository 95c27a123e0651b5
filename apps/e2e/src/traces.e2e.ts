import { OtlpCollector, type CollectedSpan } from '@ganglion/testing';
import { http } from './harness/http.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(120_000);

const C3 = '/_matrix/client/v3';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PASSWORD = 'canary-password-of-alice';

/** Real processes: what pg does there is seen only if the ES modules of ours and TypeORM use what was patched. */
describe('traces', () => {
  let collector: OtlpCollector;
  let system: TestSystem;
  let token: string;

  beforeAll(async () => {
    collector = await OtlpCollector.start();
    system = await TestSystem.start({ GANGLION_OBSERVABILITY__TRACING__ENDPOINT: collector.endpoint });
    const body = { username: 'alice', password: PASSWORD, auth: { type: 'm.login.dummy' } };
    token = (await http(system.url, 'POST', `${C3}/register`, { body })).body['access_token'] as string;
  });
  afterAll(async () => {
    await system?.stop();
    await collector.stop();
  });

  it('go from HTTP over NATS into Postgres, each below what it is part of', async () => {
    const response = await fetch(`${system.url}${C3}/createRoom?canary=in-query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, traceparent: `00-${TRACE}-b7ad6b7169203331-01` },
      body: JSON.stringify({ name: 'canary-name', topic: 'canary-topic' }),
    });
    expect(response.status).toBe(200);
    const { room_id: roomId } = (await response.json()) as { room_id: string };
    const ours = (which: (span: CollectedSpan) => boolean) =>
      collector.span((span) => span.traceId === TRACE && which(span));

    const request = await ours(({ name }) => name === `POST ${C3}/createRoom`);
    const statement = await ours(({ name }) => name.startsWith('pg.query:event_store_append'));
    expect(await upwards(ours, statement)).toEqual([
      ['ganglion-rooms', 'pg.query', 3],
      ['ganglion-rooms', 'commit', 1],
      ['ganglion-rooms', 'append', 1],
      ['ganglion-rooms', 'createRoom', 2],
      ['ganglion-gateway', 'createRoom', 3],
      ['ganglion-gateway', 'POST', 2],
    ]);
    expect(request.parentSpanId).toBe('b7ad6b7169203331');
    expect(request.resource).toMatchObject({ 'service.version': '0.1.0' });
    const all = collector.bodies.join();
    for (const secret of [token, PASSWORD, 'canary', '@alice:localhost', roomId]) expect(all).not.toContain(secret);
  });

  it('are sent before the processes end', async () => {
    const { url } = system;
    await http(url, 'GET', `${C3}/account/whoami`, { token });
    expect(await system.stop()).toBe(0);
    expect(collector.spans.filter(({ name }) => name === `GET ${C3}/account/whoami`)).toHaveLength(1);
  });
});

/** Process, first word of the name and kind of a span and of everything above it here. */
async function upwards(
  find: (which: (span: CollectedSpan) => boolean) => Promise<CollectedSpan>,
  span: CollectedSpan,
): Promise<[string, string, number][]> {
  const line: [string, string, number] = [span.service, span.name.split(/[ :]/)[0]!, span.kind];
  if (span.kind === 2 && span.service === 'ganglion-gateway') return [line];
  return [line, ...(await upwards(find, await find(({ spanId }) => spanId === span.parentSpanId)))];
}
