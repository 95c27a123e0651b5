import { emptySync, FakeSystem } from '../fake-system.fixture.js';

describe('operations', () => {
  let system: FakeSystem;
  let admin: string;
  beforeAll(async () => {
    system = await FakeSystem.start();
    admin = await system.user('@admin:test', { admin: true });
  });
  afterAll(() => system.stop());

  it('is ready when every service says so', async () => {
    for (const path of ['/health', '/_ganglion/health/ready', '/_ganglion/health/live']) {
      const reply = await system.fetch(path);
      expect([reply.status, reply.text]).toEqual([200, 'OK']);
    }
  });

  it('says on the bus how it is, like every service', async () => {
    const { rpc } = system.deployment;
    expect(await rpc.each('gateway', 'health', {}, { expectMs: 500 })).toMatchObject([
      { service: 'gateway', ready: true },
    ]);
  });

  it('names what is missing', async () => {
    const not = {
      service: 'rooms',
      instance: 'r',
      ready: false,
      problems: ['the database does not answer'],
      positions: {},
    };
    system.on('rooms each:health', async () => not);
    await system.stopService('appservice');
    // What was said a moment ago still counts for a second.
    await system.until(async () => (await system.fetch('/health')).status === 503);
    const reply = await system.fetch('/health');
    expect([reply.status, reply.json()]).toEqual([
      503,
      { ready: false, problems: ['rooms: the database does not answer', 'appservice does not answer'] },
    ]);
    expect((await system.fetch('/_ganglion/health/live')).status).toBe(200);
    system.handlers.clear();
    await system.startService('appservice');
    await system.until(async () => (await system.fetch('/health')).status === 200);
  });

  it('shows every service’s figures to admins, and to nobody else', async () => {
    const alice = await system.user('@alice:test');
    expect((await system.fetch('/_ganglion/metrics')).status).toBe(401);
    expect((await system.fetch('/_ganglion/metrics', { token: alice })).status).toBe(403);
    const { text, headers } = await system.fetch('/_ganglion/metrics', { token: admin });
    expect(headers.get('content-type')).toContain('text/plain');
    for (const service of ['auth', 'moderation', 'rooms', 'appservice', 'accounting']) {
      expect(text).toContain(`up{service="${service}",instance="${service}"} 1`);
    }
    expect(text.match(/^# TYPE up gauge$/gm)).toHaveLength(1);
    expect(text).toMatch(
      /^ganglion_gateway_requests_total\{route="metrics",method="GET",status="403",service="gateway",instance="gateway-.*"\} 1$/m,
    );
    expect(text).not.toContain('@alice');
  });
});

describe('a stop', () => {
  it('answers who waits with what it has, finishes the rest, and takes no more', async () => {
    const system = await FakeSystem.start();
    const token = await system.user('@a:test');
    let release!: () => void;
    system.on('rooms cmd:sync', async () => emptySync([], 1));
    system.on(
      'rooms qry:joinedRooms',
      () => new Promise((resolve) => (release = () => resolve({ body: { joined_rooms: [] } }))),
    );
    const poll = system.fetch('/_matrix/client/v3/sync?since=s&timeout=60000', { token });
    const slow = system.fetch('/_matrix/client/v3/joined_rooms', { token });
    await system.until(() =>
      ['cmd:sync', 'qry:joinedRooms'].every((name) => system.callsOf(`rooms ${name}`).length === 1),
    );
    const stopped = system.stopGateway();
    const { status, headers, json } = await poll;
    expect([status, json(), headers.get('connection')]).toEqual([200, { next_batch: 's1_1' }, 'close']);
    await expect(system.fetch('/_matrix/client/versions')).rejects.toThrow();
    release();
    expect((await slow).status).toBe(200);
    await stopped;
    await system.stop();
  }, 30_000);
});
