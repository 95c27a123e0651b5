import { routes } from '@ganglion/contracts';
import { FakeSystem } from '../fake-system.fixture.js';

let system: FakeSystem;
let admin: string;
let alice: string;
beforeAll(async () => {
  system = await FakeSystem.start({ GANGLION_PUBLIC_BASEURL: 'https://matrix.example.org' });
  admin = await system.user('@admin:test', { admin: true });
  alice = await system.user('@alice:test');
});
afterAll(() => system.stop());

const C3 = '/_matrix/client/v3';
const templates = [...new Set(Object.values(routes).flatMap(({ paths }) => paths))];
const filled = (template: string) =>
  template.replace('{userId}', '%40bob%3Atest').replaceAll(/\{\w+\}/g, encodeURIComponent('!x:test'));
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, OPTIONS',
  'access-control-allow-headers': 'X-Requested-With, Content-Type, Authorization, Date',
};
const expectCors = (headers: Headers) => {
  for (const [name, value] of Object.entries(CORS)) expect(headers.get(name)).toBe(value);
  expect(headers.get('x-request-id')).toMatch(/^\w+-\w+$/);
};

describe('paths and methods', () => {
  it('CLI-003 an unknown path is 404 M_UNRECOGNIZED, with CORS', async () => {
    const paths = [
      '/_matrix/client/v3/nope',
      '/_matrix/media/v3/nope',
      '/_matrix/key/v2/nope',
      '/_matrix/nope',
      '/',
      '/x',
    ];
    for (const path of [
      ...paths,
      '/_matrix/federation/v1/nope',
      '/_matrix/federation/v1/version',
      `${C3}/sync/`,
      `${C3}//sync`,
      `/${C3}/sync`,
    ]) {
      const reply = await system.fetch(path, { token: admin });
      expect([path, reply.status, reply.json()['errcode']]).toEqual([path, 404, 'M_UNRECOGNIZED']);
      expectCors(reply.headers);
    }
  });

  it('an empty parameter is another path', async () => {
    for (const path of [`${C3}/profile/`, `${C3}/rooms//state`, `${C3}/join/`]) {
      expect((await system.fetch(path, { token: alice })).status).toBe(404);
    }
  });

  it.each(templates)('CLI-004 %s tells which methods it knows', async (template) => {
    const known = Object.values(routes).filter(({ paths }) => paths.includes(template));
    for (const method of ['PATCH', 'POST', 'PUT', 'DELETE', 'GET']) {
      if (known.some((route) => route.method === method)) continue;
      const reply = await system.fetch(filled(template), { method, token: admin });
      expect([method, reply.status, reply.json()['errcode']]).toEqual([method, 405, 'M_UNRECOGNIZED']);
      expect(reply.headers.get('allow')!.split(', ')).toEqual(
        expect.arrayContaining([...known.map((route) => route.method), 'OPTIONS']),
      );
      expectCors(reply.headers);
    }
  });

  it.each([...templates, '/nowhere', '/%zz'])('CLI-005 OPTIONS %s does nothing', async (template) => {
    const before = system.calls.length;
    const reply = await system.raw(`OPTIONS ${filled(template)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    for (const [name, value] of Object.entries(CORS))
      expect(reply.toLowerCase()).toContain(`${name}: ${value.toLowerCase()}`);
    expect(system.calls.length).toBe(before);
  });

  it('HEAD is GET without its body', async () => {
    const [get, head] = [
      await system.fetch('/_matrix/client/versions'),
      await system.fetch('/_matrix/client/versions', { method: 'HEAD' }),
    ];
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([
      200,
      '',
      get.headers.get('content-length'),
    ]);
  });

  it.each(['PROPFIND', 'TRACE', 'QUERY', 'M-SEARCH'])('%s is a method like any other', async (method) => {
    const ask = (path: string) => system.raw(`${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const known = await ask(`${C3}/sync`);
    expect(known).toMatch(/^HTTP\/1\.1 405 /);
    expect(known).toContain('M_UNRECOGNIZED');
    expect(known).toContain('Allow: GET, HEAD, OPTIONS');
    expect(await ask(`${C3}/nope`)).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask('/_synapse/admin/v1/users/%40bob%3Atest/shadow_ban')).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('CLI-017 r0 is the same as v3', async () => {
    const [r0, v3] = await Promise.all(
      ['r0', 'v3'].map((v) => system.fetch(`/_matrix/client/${v}/account/whoami`, { token: alice })),
    );
    expect(r0!.text).toBe(v3!.text);
  });
});

describe('what is in a path', () => {
  const paramsOf = async (path: string, method = 'GET') => {
    const reply = await system.fetch(path, { method, token: alice, ...(method === 'PUT' ? { body: '{}' } : {}) });
    expect(reply.status).toBe(200);
    return reply.json()['params'];
  };

  it('CLI-016 parameters are decoded once, whatever they hold', async () => {
    const eventId = '$a/b#c%2Fd é?+ ;&=🐈';
    expect(await paramsOf(`${C3}/rooms/${encodeURIComponent('!r:test')}/event/${encodeURIComponent(eventId)}`)).toEqual(
      {
        roomId: '!r:test',
        eventId,
      },
    );
    expect(await paramsOf(`${C3}/rooms/!r:test/event/$a+b;c`)).toEqual({ roomId: '!r:test', eventId: '$a+b;c' });
    expect(await paramsOf(`${C3}/directory/room/%23caf%C3%A9%2Fbar%3Atest`)).toEqual({ roomAlias: '#café/bar:test' });
  });

  it('a state key may be left out, with or without its slash', async () => {
    const base = `${C3}/rooms/!r:test/state/m.room.topic`;
    for (const method of ['GET', 'PUT']) {
      expect(await paramsOf(base, method)).toEqual({ roomId: '!r:test', eventType: 'm.room.topic' });
      expect(await paramsOf(`${base}/`, method)).toEqual({ roomId: '!r:test', eventType: 'm.room.topic' });
      expect(await paramsOf(`${base}/@a%2Fb:test`, method)).toEqual({
        roomId: '!r:test',
        eventType: 'm.room.topic',
        stateKey: '@a/b:test',
      });
    }
  });

  it.each(['%', '%zz', '%ff', '%E2%82', '%C0%80'])('the escape %j is refused', async (escape) => {
    for (const path of [`${C3}/rooms/${escape}/state`, `${C3}/joined_rooms?x=${escape}`]) {
      const reply = await system.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(reply).toMatch(/^HTTP\/1\.1 400 /);
      expect(reply).toContain('M_INVALID_PARAM');
      expect(reply).toContain('Access-Control-Allow-Origin: *');
    }
  });

  it('dots are not resolved, slashes not merged', async () => {
    for (const path of [`${C3}/rooms/../sync`, `/_matrix//client/v3/sync`, `${C3}/./sync`]) {
      expect(await system.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 404 /,
      );
    }
  });
});

describe('what the gateway answers itself', () => {
  it('CLI-001 CLI-002 versions, for everybody but for bad tokens', async () => {
    const { versions, unstable_features } = (await system.fetch('/_matrix/client/versions')).json();
    expect(versions).toEqual(expect.arrayContaining(['r0.6.1', 'v1.1', 'v1.12']));
    for (const flag of Object.values(unstable_features as object)) expect(typeof flag).toBe('boolean');
    expect((await system.fetch('/_matrix/client/versions', { token: alice })).status).toBe(200);
    const bad = await system.fetch('/_matrix/client/versions', { token: 'nonsense' });
    expect([bad.status, bad.json()]).toMatchObject([401, { errcode: 'M_UNKNOWN_TOKEN', soft_logout: false }]);
  });

  it('where the homeserver is', async () => {
    expect((await system.fetch('/.well-known/matrix/client')).json()).toEqual({
      'm.homeserver': { base_url: 'https://matrix.example.org' },
    });
  });

  it('AUTH-037 AUTH-039 who the token belongs to', async () => {
    const guest = await system.user('@17:test', { guest: true, deviceId: 'guest_device' });
    const whoami = async (token: string) => (await system.fetch(`${C3}/account/whoami`, { token })).json();
    expect(await whoami(alice)).toEqual({ user_id: '@alice:test', device_id: 'DEVICE', is_guest: false });
    expect(await whoami(guest)).toEqual({ user_id: '@17:test', device_id: 'guest_device', is_guest: true });
  });

  it('what starting clients need', async () => {
    const get = async (path: string) => (await system.fetch(path, { token: alice })).json();
    expect(await get(`${C3}/capabilities`)).toMatchObject({
      capabilities: {
        'm.room_versions': { default: '11', available: { '10': 'stable', '11': 'stable', '12': 'stable' } },
      },
    });
    expect(await get(`${C3}/voip/turnServer`)).toEqual({});
    for (const path of [`${C3}/pushrules/`, `${C3}/pushrules`]) {
      expect(await get(path)).toEqual({ global: { override: [], content: [], room: [], sender: [], underride: [] } });
    }
    expect((await system.fetch('/_synapse/admin/v1/server_version')).json()).toMatchObject({
      server_version: expect.stringMatching(/^Ganglion\//) as unknown,
    });
  });
});

describe('what is forwarded', () => {
  it('carries the requester and never the token', async () => {
    const reply = await system.fetch(`${C3}/rooms/!r:test/messages?dir=b&access_token=${alice}&dir=f`, {
      headers: { 'user-agent': 'Element' },
    });
    expect(reply.json()).toMatchObject({
      name: 'qry:messages',
      params: { roomId: '!r:test' },
      query: { dir: ['b', 'f'] },
      body: null,
      requester: { userId: '@alice:test', deviceId: 'DEVICE' },
      clientIp: '127.0.0.1',
      userAgent: 'Element',
    });
    expect(JSON.stringify(system.calls)).not.toContain(alice);
  });

  it('brings back the owner’s status, body and refusal', async () => {
    system.on('auth qry:loginFlows', async () => ({ status: 202, body: { flows: [] } }));
    const reply = await system.fetch(`${C3}/login`);
    expect([reply.status, reply.json()]).toEqual([202, { flows: [] }]);
    system.on('auth qry:loginFlows', async () => {
      throw Object.assign(new Error('password is hunter2'), {});
    });
    const bug = await system.fetch(`${C3}/login`);
    expect([bug.status, bug.json()]).toEqual([500, { errcode: 'M_UNKNOWN', error: 'Internal server error' }]);
    expectCors(bug.headers);
  });

  it('does not wait for an owner that is not there for longer than it may', async () => {
    const alone = await FakeSystem.start({ GANGLION_SERVER__REQUEST_TIMEOUT_MS: '300' }, ['rooms']);
    try {
      const token = await alone.user('@a:test');
      const reply = await alone.fetch(`${C3}/joined_rooms`, { token });
      expect([reply.status, reply.json()['errcode'], reply.headers.get('retry-after')]).toEqual([
        503,
        'M_UNKNOWN',
        '1',
      ]);
      expectCors(reply.headers);
      alone.on('auth qry:loginFlows', () => new Promise(() => undefined));
      expect((await alone.fetch(`${C3}/login`)).status).toBe(504);
    } finally {
      await alone.stop();
    }
  });

  it('tells the owner when the client has gone', async () => {
    let gone!: () => void;
    const arrived = new Promise<void>((resolve) => {
      system.on('rooms qry:joinedRooms', () => {
        resolve();
        return new Promise((end) => (gone = () => end({ body: {} })));
      });
    });
    const client = new AbortController();
    const reply = system.fetch(`${C3}/joined_rooms`, { token: alice, signal: client.signal });
    await arrived;
    client.abort();
    await expect(reply).rejects.toThrow();
    await system.until(async () => (await liveRequests()) === 0);
    gone();
  });
});

async function liveRequests(): Promise<number> {
  const { text } = await system.fetch('/_ganglion/metrics', { token: admin });
  // The question itself is one.
  return Number(/^ganglion_gateway_live\{.*\} (\d+)$/m.exec(text)![1]) - 1;
}
