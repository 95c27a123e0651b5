import { createLogger } from '@ganglion/observability';
import { FakeSystem } from '../fake-system.fixture.js';

it('the log names path and route of a request, and nothing of what comes after the path', async () => {
  let lines = '';
  const logger = createLogger('gateway', 'debug', { write: (text: string) => void (lines += text) });
  const system = await FakeSystem.start({}, [], logger);
  try {
    const token = await system.user('@a:test');
    const queries = [`access_token=${token}`, 'registration_token=hunter2', 'x=1&%74oken=hunter2', 'hunter2'];
    for (const query of queries) await system.fetch(`/_matrix/client/v3/account/whoami?${query}`);
    await system.fetch('/_matrix/client/v3/nope?loginToken=hunter2');
    await system.raw('GET /nowhere#hunter2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await system.raw('GET /%zz?hunter2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  } finally {
    await system.stop();
  }
  const requests = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'request');
  expect(requests.map(({ route, path }) => [route, path])).toEqual([
    ...Array<unknown>(4).fill(['whoami', '/_matrix/client/v3/account/whoami']),
    ['unknown', '/_matrix/client/v3/nope'],
    ['unknown', '/nowhere'],
    ['unknown', '/%zz'],
  ]);
  expect(lines).not.toContain('hunter2');
  expect(lines).not.toMatch(/gat_/);
}, 60_000);
