import { routes, type Route } from '@ganglion/contracts';
import { FakeSystem } from '../fake-system.fixture.js';

let system: FakeSystem;
let token: string;
beforeAll(async () => {
  system = await FakeSystem.start();
  token = await system.user('@admin:test', { admin: true });
});
afterAll(() => system.stop());

const all = Object.values(routes);
const withBody = all.filter(({ body }) => body !== 'none');
const pathOf = ({ paths }: Route, value = '!x:test') =>
  paths[0]!.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(name === 'userId' ? '@bob:test' : value));

const BODIES: Record<string, string | Buffer> = {
  'JSON 10,000 deep': `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  'a million keys': `{${Array.from({ length: 60_000 }, (_, i) => `"${i}":0`).join()}}`,
  'duplicate keys': '{"a":1,"a":2}',
  '__proto__ and constructor': '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}',
  '2^53+1': '{"n":9007199254740993}',
  '1e400': '{"n":1e400}',
  'a lone surrogate': '{"s":"\\ud800"}',
  'bytes that are not UTF-8': Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
  NUL: '{"s":"\\u0000"}',
  'a raw NUL': Buffer.from('{"s":"\0"}'),
  'a long string': `{"s":"${'x'.repeat(65_537)}"}`,
  'a byte order mark': '\ufeff{}',
  'an array': '[]',
  'half an object': '{"a":',
  NaN: '{"n":NaN}',
  nothing: '',
};

/** Refused in Matrix's words or taken, but never failed at. */
function expectSane({ status, text }: { status: number; text: string }, sent: string): void {
  expect([sent, status < 500]).toEqual([sent, true]);
  const body = JSON.parse(text) as { errcode?: string; error?: string };
  if (status >= 400) expect([sent, typeof body.errcode, typeof body.error]).toEqual([sent, 'string', 'string']);
}

describe.each(withBody.map((route) => [route.name, route] as const))('%s', (_, route) => {
  it.each(Object.keys(BODIES))('survives a body of %s', async (name) => {
    const reply = await system.fetch(pathOf(route), { method: route.method, token, body: BODIES[name] as never });
    expectSane(reply, name);
  });

  it('refuses what is too large, before it has arrived', async () => {
    const limit = route.maxBodyBytes ?? 1_048_576;
    const head = `${route.method} ${pathOf(route)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
    const told = await system.raw(`${head}Content-Length: ${limit + 1}\r\n\r\n{`, { hangUp: true });
    expect(told).toMatch(/^HTTP\/1\.1 413 /);
    expect(told).toContain('M_TOO_LARGE');
    const chunk = 'x'.repeat(limit + 1);
    const untold = await system.raw(
      `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n`,
      { hangUp: true },
    );
    expect(untold).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('does not care what a body claims to be', async () => {
    for (const type of ['text/plain', 'nonsense', 'application/json; charset=latin1', '']) {
      const reply = await system.fetch(pathOf(route), {
        method: route.method,
        token,
        body: '{}',
        headers: { 'content-type': type },
      });
      expect([type, reply.status]).toEqual([type, 200]);
    }
  });
});

const PARAMS = ['x'.repeat(256), '@', '\0', 'a/b', '..', '%', '(a+)+$', '🐈'.repeat(100), '__proto__', ' '];
const QUERIES = ['__proto__=1', 'from=x&limit=-1&dir=q', 'a'.repeat(4_000), 'timeout=1e400', 'filter=%7B', 'x=%00'];

describe.each(all.map((route) => [route.name, route] as const))('%s', (_, route) => {
  const init = { method: route.method, ...(route.body === 'none' ? {} : { body: '{}' }) };

  it('survives whatever stands in its path and query', async () => {
    const paths = [
      ...PARAMS.map((value) => pathOf(route, value)),
      ...QUERIES.map((query) => `${pathOf(route)}?${query}`),
    ];
    await Promise.all(paths.map(async (path) => expectAnswer(await system.fetch(path, { ...init, token }), path)));
  });

  it('survives strange headers, and believes no address they name', async () => {
    const strange: Record<string, string>[] = [
      { 'x-forwarded-for': '999.1.1.1, <script>' },
      { 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4' },
      { authorization: 'Bearer' },
      { authorization: `Bearer ${'x'.repeat(8_000)}` },
      { authorization: 'Bearer t\u00f6ken' },
      { 'content-encoding': 'gzip' },
      { 'user-agent': '\u00ff'.repeat(1_000) },
    ];
    for (const headers of strange)
      expectAnswer(await system.fetch(pathOf(route), { ...init, headers }), JSON.stringify(headers));
    expect(
      system.calls.map(({ payload }) => payload?.['clientIp']).filter((ip) => ip !== undefined && ip !== '127.0.0.1'),
    ).toEqual([]);
  });
});

function expectAnswer(reply: { status: number; text: string; headers: Headers }, sent: string): void {
  if (reply.headers.get('content-type') === 'application/json') expectSane(reply, sent);
  else expect([sent, reply.status]).toEqual([sent, 200]); // health and metrics are text
}

describe('what is hardly HTTP', () => {
  it.each([
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 413],
    ['an address that is too long', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 413],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a bad chunk',
      `POST /_matrix/client/v3/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
  ])('%s', async (_, bytes, status) => {
    const reply = await system.raw(bytes);
    expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(reply).toContain('"errcode"');
    expect(reply).toContain('Access-Control-Allow-Origin: *');
  });

  it('two Authorization headers are none (AUTH-019)', async () => {
    const twice = `Authorization: Bearer ${token}\r\n`.repeat(2);
    const reply = await system.raw(
      `GET /_matrix/client/v3/account/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${twice}\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 401 /);
    expect(reply).toContain('M_MISSING_TOKEN');
  });

  it('serves on as if nothing had been', async () => {
    expect((await system.fetch('/_matrix/client/v3/account/whoami', { token })).status).toBe(200);
  });
});
