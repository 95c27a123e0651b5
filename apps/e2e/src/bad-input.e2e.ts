import { gzipSync } from 'node:zlib';
import { routes, type Route } from '@ganglion/contracts';
import { http } from './harness/http.js';
import { rawHttp, type RawAnswer } from './harness/raw-http.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(240_000);

const deep = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const manyKeys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(',')}}`;

/** Bodies that broke other servers. None is what any route wants. */
const BODIES: Record<string, string | Buffer> = {
  nothing: '',
  'no JSON': 'hello',
  'half an object': '{"a":',
  'an array': '[]',
  'a number': '5',
  null: 'null',
  'ten thousand levels': deep(10_000),
  'a hundred thousand keys': manyKeys(100_000),
  'the same key twice': '{"a":1,"a":2}',
  'a prototype': '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
  'an integer beyond 2^53': '{"a":9007199254740993}',
  'a number beyond every range': '{"a":1e400}',
  'minus zero': '{"a":-0}',
  'a fraction': '{"a":1.0}',
  'not a number': '{"a":NaN}',
  'a lone surrogate': '{"a":"\\ud800"}',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  NUL: '{"a":"\\u0000","\\u0000":1}',
  'an event of 65,537 bytes': JSON.stringify({ msgtype: 'm.text', body: 'x'.repeat(65_537) }),
  'twelve mebibytes': `{"a":"${'x'.repeat(12 * 1024 * 1024)}"}`,
  'wrong types everywhere': JSON.stringify({
    username: 5,
    password: [],
    type: {},
    auth: 'x',
    identifier: 7,
    user: null,
    device_id: {},
    nonce: [],
    mac: 3,
    name: 5,
    topic: [],
    invite: 'x',
    preset: 7,
    room_version: {},
    initial_state: 'x',
    creation_content: 3,
    power_level_content_override: 'x',
    user_id: 5,
    reason: [],
    room: 5,
    event_fields: 'x',
    presence: 9,
  }),
  'hostile ids': JSON.stringify({
    user_id: `@${'x'.repeat(300)}:localhost`,
    username: '\u0000',
    room_alias_name: '#:#',
    room_version: '../..',
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: '@a:b:c:\u0000' },
    password: 'x'.repeat(600),
  }),
};

/** What to put where a path has a parameter. */
const PARAMETERS: Record<string, string> = {
  'of another shape': 'x',
  'of 256 bytes': encodeURIComponent(`!${'x'.repeat(245)}:localhost`),
  'with NUL': '%00',
  'with a bad escape': '%zz',
  'with half an escape': '%e0%a4%a',
  'that is invalid UTF-8': '%ff%fe',
  'with an encoded slash': '%2F..%2F..%2Fetc',
  'with dots': '..%2e',
  'that is very long': 'a'.repeat(8_000),
  'with a lone surrogate': '%ed%a0%80',
  'a user of elsewhere': '%40a%3Aelsewhere',
  'a prototype': '__proto__',
};

const QUERIES = [
  '?since=nonsense&timeout=abc',
  '?limit=-1&dir=sideways&from=%00',
  '?limit=99999999999999999999&dir=b&from=t1&to=__proto__',
  '?since=s1_x_r-5&full_state=maybe&set_presence=asleep',
  '?filter=%7B%22room%22%3A5%7D',
  '?filter=%7Bnot-json',
  '?kind=%00&username=%00',
  '?user_id=%40a%3Aelsewhere&user_id=x&device_id=y&org.matrix.msc3202.device_id=z',
  `?${'a=1&'.repeat(2_000)}`,
  '?__proto__=1&constructor=2&format=event&at=x&membership=x&not_membership=y',
  '?%zz=%zz',
];

const HEADERS: Record<string, Record<string, string>> = {
  'a hundred forwarded hops': { 'x-forwarded-for': Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`).join(', ') },
  'forwarded nonsense': { 'x-forwarded-for': 'unknown, ::ffff:1.2.3.4, fe80::1%eth0, 1.2.3.4:99, "' },
  'a token with a space': { authorization: 'Bearer a b' },
  'another scheme': { authorization: 'Basic dXNlcjpwYXNz' },
  'a long token': { authorization: `Bearer ${'x'.repeat(8_000)}` },
  'a token that is not ASCII': { authorization: 'Bearer \u00e4\u00f6' },
  'a body that says it is zipped': { 'content-encoding': 'gzip' },
  'a content type of its own': { 'content-type': 'text/plain; charset=utf-16' },
};

/** Whatever comes in, what goes out is a Matrix answer and never a 500 (design §11). */
describe('bad input', () => {
  let system: TestSystem;
  let user: string;
  let admin: string;
  let roomId: string;

  beforeAll(async () => {
    system = await TestSystem.start({ GANGLION_REGISTRATION_SHARED_SECRET: 'secret' });
    user = await register('user');
    admin = await adminToken('boss');
    roomId = await createRoom();
  });
  afterAll(() => system?.stop());

  /** Of a test's own where the room must still be as it was: some of the bad input is a leave that works. */
  async function createRoom(): Promise<string> {
    const room = await http(system.url, 'POST', '/_matrix/client/v3/createRoom', { token: user, body: {} });
    return room.body['room_id'] as string;
  }

  async function register(username: string): Promise<string> {
    const body = { username, password: 'a long password', auth: { type: 'm.login.dummy' } };
    const answer = await http(system.url, 'POST', '/_matrix/client/v3/register', { body });
    return answer.body['access_token'] as string;
  }

  async function adminToken(username: string): Promise<string> {
    const { createHmac } = await import('node:crypto');
    const { body } = await http(system.url, 'GET', '/_synapse/admin/v1/register');
    const nonce = body['nonce'] as string;
    const mac = createHmac('sha1', 'secret').update(`${nonce}\0${username}\0a long password\0admin`).digest('hex');
    const given = { nonce, username, password: 'a long password', admin: true, mac };
    const made = await http(system.url, 'POST', '/_synapse/admin/v1/register', { body: given });
    return made.body['access_token'] as string;
  }

  const tokenFor = ({ auth }: Route): Record<string, string> =>
    auth === 'none' ? {} : { authorization: `Bearer ${auth === 'admin' ? admin : user}` };
  /** A path of the route that would work, as far as an id alone can make it so. */
  const pathOf = ({ paths }: Route): string =>
    paths[0]!
      .replace(/\{(roomId|roomIdOrAlias)\}/g, encodeURIComponent(roomId))
      .replace(/\{userId\}/g, encodeURIComponent('@user:localhost'))
      .replace(/\{eventType\}/g, 'm.room.message')
      .replace(/\{\w+\}/g, 'x');

  /** A long poll is not waited for: what it must not be is a 500, and that would come at once. */
  const send = (route: Route, path: string, headers: Record<string, string> = {}, body?: string | Buffer) => {
    const url =
      route.name === 'sync' && !path.includes('timeout') ? `${path}${path.includes('?') ? '&' : '?'}timeout=0` : path;
    return rawHttp(system.url, route.method, url, {
      headers: { ...tokenFor(route), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  };

  function expectMatrixAnswer(answer: RawAnswer, what: string): void {
    const shown = `${what} → ${answer.status} ${answer.text.slice(0, 200)}`;
    if (answer.status >= 500) throw new Error(shown);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    if (answer.status < 400) return;
    let body: { errcode?: unknown; error?: unknown; flows?: unknown };
    try {
      body = JSON.parse(answer.text) as typeof body;
    } catch {
      throw new Error(`not JSON: ${shown}`);
    }
    if (answer.status === 401 && Array.isArray(body.flows)) return; // the first answer of user-interactive authentication
    if (typeof body.errcode !== 'string' || typeof body.error !== 'string')
      throw new Error(`no Matrix error: ${shown}`);
  }

  const all = Object.values(routes);

  describe.each(all.filter(({ body }) => body !== 'none').map((route) => [route.name, route] as const))(
    'as the body of %s',
    (_name, route) => {
      it.each(Object.entries(BODIES))('%s', async (what, body) => {
        // A logout that works would end the session of the following cases.
        const headers: Record<string, string> = route.name.startsWith('logout')
          ? { authorization: `Bearer ${await register(`u${++users}`)}` }
          : {};
        expectMatrixAnswer(await send(route, pathOf(route), headers, body), `${route.name}, ${what}`);
      });
    },
  );
  let users = 0;

  it.each(all.filter(({ paths }) => paths[0]!.includes('{')).map((route) => [route.name, route] as const))(
    'in the path of %s',
    async (_name, route) => {
      const names = [...route.paths[0]!.matchAll(/\{(\w+)\}/g)].map(([braced]) => braced);
      for (const [what, value] of Object.entries(PARAMETERS)) {
        for (const braced of names) {
          const path = pathOf({ ...route, paths: [route.paths[0]!.replace(braced, value)] });
          const body = route.body === 'none' ? undefined : '{}';
          expectMatrixAnswer(await send(route, path, {}, body), `${route.name} with ${braced} ${what}`);
        }
      }
    },
  );

  it.each(all.filter(({ name }) => !name.startsWith('logout')).map((route) => [route.name, route] as const))(
    'in the query and headers of %s',
    async (_name, route) => {
      const body = route.body === 'none' ? undefined : '{}';
      for (const query of QUERIES) {
        expectMatrixAnswer(await send(route, pathOf(route) + query, {}, body), `${route.name}${query.slice(0, 60)}`);
      }
      for (const [what, headers] of Object.entries(HEADERS)) {
        expectMatrixAnswer(await send(route, pathOf(route), headers, body), `${route.name} with ${what}`);
      }
    },
  );

  it('refuses events whose numbers would be rounded, and events that are too large', async () => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(await createRoom())}/send/m.room.message/`;
    const put = (txn: string, body: string) =>
      rawHttp(system.url, 'PUT', path + txn, { headers: { authorization: `Bearer ${user}` }, body });
    for (const [txn, number] of Object.entries({
      big: '9007199254740992',
      fraction: '1.5',
      exponent: '1e3',
      infinite: '1e400',
      minus: '-0',
    })) {
      const answer = await put(txn, `{"msgtype":"m.text","body":"x","n":${number}}`);
      expect([number, answer.status, JSON.parse(answer.text)]).toEqual([
        number,
        400,
        expect.objectContaining({ errcode: 'M_BAD_JSON' }),
      ]);
    }
    const large = await put('large', JSON.stringify({ msgtype: 'm.text', body: 'x'.repeat(65_537) }));
    expect([large.status, JSON.parse(large.text)]).toEqual([413, expect.objectContaining({ errcode: 'M_TOO_LARGE' })]);
    expect((await put('largest', '{"msgtype":"m.text","body":"x","n":9007199254740991}')).status).toBe(200);
  });

  it('keeps an event exactly as it was sent', async () => {
    const content =
      '{"msgtype":"m.text","body":"\\u0000 \ud83d\ude00","__proto__":{"a":1},"constructor":"c","10":1,"9":2}';
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(await createRoom())}`;
    const headers = { authorization: `Bearer ${user}` };
    const sent = await rawHttp(system.url, 'PUT', `${path}/send/m.room.message/exact`, { headers, body: content });
    expect([sent.status, sent.text]).toEqual([200, expect.any(String)]);
    const { event_id: eventId } = JSON.parse(sent.text) as { event_id: string };
    const read = await rawHttp(system.url, 'GET', `${path}/event/${encodeURIComponent(eventId)}`, { headers });
    const got = JSON.parse(read.text) as { content: object };
    expect(Object.entries(got.content).sort()).toEqual(Object.entries(JSON.parse(content) as object).sort());
  });

  it('does not unpack a bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    const headers = { authorization: `Bearer ${user}`, 'content-encoding': 'gzip' };
    const answer = await rawHttp(system.url, 'POST', '/_matrix/client/v3/createRoom', { headers, body: bomb });
    expectMatrixAnswer(answer, 'a gzip bomb');
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  it('serves on, as if nothing had happened', async () => {
    expect((await rawHttp(system.url, 'GET', '/_ganglion/health/ready')).status).toBe(200);
    const answer = await http(system.url, 'GET', '/_matrix/client/v3/account/whoami', { token: user });
    expect(answer).toMatchObject({ status: 200, body: { user_id: '@user:localhost' } });
    expect(await system.output()).not.toMatch(/a handler failed/);
  });
});
