import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseStart, parseTest } from './arguments.mjs';
import { childEnvironment } from './child-environment.mjs';
import { backoffMs, lineSplitter } from './daemon.mjs';
import { withDatabase, withoutSecrets } from './databases.mjs';
import { matchesLock } from './install.mjs';
import { instanceGroups, pickInstances } from './instances.mjs';
import { openListener } from './listener.mjs';
import { shortForm } from './logs.mjs';
import { isTooOld } from './nats-binary.mjs';
import { aptArguments, APT_CONF, fromRelease, RELEASE } from './nats-sources.mjs';
import { natsConfig, publicStream } from './nats.mjs';
import { choosePort, listeningInodes, parseListen, requireFree, whyNot } from './ports.mjs';
import { requireNode } from './prepare.mjs';
import { systemEnvironment } from './system.mjs';
import { cleanEnvironment } from './temporary.mjs';
import { createTerminal } from './terminal.mjs';
import { countJest, countTap, sum, totalLine } from './test-runs.mjs';

const listening = (free) => async (_host, port) =>
  port === 0 ? { port: free.shift() } : free.includes(port) ? { port } : { code: 'EADDRINUSE' };

test('a recorded port is kept while it is free', async () => {
  assert.equal(await choosePort(5000, [], listening([5000])), 5000);
});

test('a taken port, or one given to another server, is replaced', async () => {
  assert.equal(await choosePort(5000, [], listening([6000])), 6000);
  assert.equal(await choosePort(5000, [5000], listening([6000, 5000])), 6000);
  assert.equal(await choosePort(undefined, [6000], listening([6000, 7000])), 7000);
});

test('a listen address is host and port', () => {
  assert.deepEqual(parseListen('127.0.0.1:8008'), { host: '127.0.0.1', port: 8008 });
  assert.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 });
  for (const wrong of ['8008', 'localhost', '::1:8008', 'a:b', 'a:70000', '']) {
    assert.throws(() => parseListen(wrong), { name: 'Problem' }, wrong);
  }
});

test('a port in use is named with its holder and a way out', async (t) => {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address();
  await assert.rejects(requireFree(`127.0.0.1:${port}`), ({ name, message }) => {
    assert.equal(name, 'Problem');
    assert.match(message, new RegExp(`127\\.0\\.0\\.1:${port} is already in use`));
    assert.match(message, new RegExp(`GANGLION_LISTEN=127\\.0\\.0\\.1:${port + 1} npm start`));
    if (process.platform === 'linux') assert.match(message, new RegExp(`process ${process.pid} \\(`));
    return true;
  });
  await requireFree('127.0.0.1:0');
  await assert.rejects(openListener(`127.0.0.1:${port}`), { name: 'Problem', message: /is already in use/ });
  await assert.rejects(openListener('nowhere.invalid:80'), { name: 'Problem', message: /Cannot listen on nowhere/ });
});

test('the sentence fits what the system said', () => {
  assert.match(whyNot('0.0.0.0:80', 'EACCES', null), /below 1024.*GANGLION_LISTEN=0\.0\.0\.0:8008/);
  assert.match(whyNot('10.9.9.9:80', 'EADDRNOTAVAIL', null), /Cannot listen on 10\.9\.9\.9:80: EADDRNOTAVAIL/);
  assert.match(whyNot('[::1]:8008', 'EADDRINUSE', null), /in use\. .*GANGLION_LISTEN=\[::1\]:8009/);
});

test('only listening sockets of the very port count', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F48 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1',
    '   1: 0100007F:1F48 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 222 1',
    '   2: 0100007F:1F49 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1',
  ].join('\n');
  assert.deepEqual(listeningInodes(table, 8008), ['111']);
});

test('start takes its options and explains others', () => {
  const none = { single: false, reset: false, yes: false, help: false, replicas: 1 };
  assert.deepEqual({ ...parseStart(['--single', '--reset']) }, { ...none, single: true, reset: true });
  assert.deepEqual({ ...parseStart(['--replicas', '3']) }, { ...none, replicas: 3 });
  assert.deepEqual({ ...parseStart(['--single', '--replicas=1']) }, { ...none, single: true });
  assert.throws(() => parseStart(['--sngle']), /--sngle[^]*Usage: npm start/);
  for (const wrong of ['0', '17', 'two', '1.5', '-1', '']) {
    assert.throws(
      () => parseStart([`--replicas=${wrong}`]),
      { name: 'Problem', message: /a number from 1 to 16/ },
      wrong,
    );
  }
  assert.throws(() => parseStart(['--single', '--replicas=2']), {
    name: 'Problem',
    message: /all apps in one process/,
  });
});

test('one process of an app has its name, several have numbers', () => {
  const names = (options) => instanceGroups(options).map((group) => group.map(({ name }) => name));
  assert.deepEqual(names({}), [['auth', 'moderation', 'rooms', 'appservice', 'accounting'], ['gateway']]);
  assert.deepEqual(names({ single: true }), [['single']]);
  const [services, gateways] = names({ replicas: 2 });
  assert.deepEqual([services.length, services[4], services[5]], [10, 'rooms-1', 'rooms-2']);
  assert.deepEqual(gateways, ['gateway-1', 'gateway-2']);
});

test('an app means all its instances, nothing means everything, and a wrong name is told', () => {
  const groups = instanceGroups({ replicas: 2 });
  const picked = (...names) => pickInstances(groups, names).map((group) => group.map(({ name }) => name));
  assert.deepEqual(picked('gateway-2', 'rooms', 'rooms-1'), [['rooms-1', 'rooms-2'], ['gateway-2']]);
  assert.equal(picked().flat().length, 12);
  assert.throws(() => picked('rooms-3'), { name: 'Problem', message: /"rooms-3"\. There is auth-1, auth-2, / });
});

test('test runs everything, a part, or what Jest is told', () => {
  assert.deepEqual(parseTest([]), { parts: ['pure', 'integration', 'e2e', 'tools'], jest: [] });
  assert.deepEqual(parseTest(['--only', 'e2e', '--only=pure']), { parts: ['pure', 'e2e'], jest: [] });
  assert.deepEqual(parseTest(['libs/kernel', '-t', 'x']), {
    parts: ['pure', 'integration', 'e2e'],
    jest: ['libs/kernel', '-t', 'x'],
  });
  assert.throws(() => parseTest(['--only', 'unit']), /not "unit"/);
  assert.throws(() => parseTest(['--only']), { name: 'Problem' });
});

test('apt works beside the system and runs none of its hooks', () => {
  const words = aptArguments('/cache/x');
  assert.deepEqual(words.slice(0, 2), ['-c', '/cache/x/apt.conf']);
  assert.ok(words.includes('Dir::State::Lists=/cache/x/lists') && words.includes('Dir::Cache=/cache/x/cache'));
  assert.match(APT_CONF, /^#clear APT::Update::Post-Invoke;$/m);
});

test('the release is a stable one and every sum is a SHA-256', () => {
  assert.match(RELEASE.version, /^\d+\.\d+\.\d+$/);
  for (const sum of Object.values(RELEASE.sha256)) assert.match(sum, /^[0-9a-f]{64}$/);
});

test('a release is used only when it is the pinned one', async (t) => {
  const work = mkdtempSync(join(tmpdir(), 'ganglion-release-'));
  t.after(() => rmSync(work, { recursive: true }));
  const name = `nats-server-v9.9.9-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  mkdirSync(join(work, name));
  writeFileSync(join(work, name, 'nats-server'), 'a program');
  const archive = execFileSync('tar', ['-czf', '-', name], { cwd: work });
  rmSync(join(work, name), { recursive: true });
  const asked = t.mock.method(globalThis, 'fetch', async () => new Response(archive));
  const release = (sum) => ({ say: () => {}, release: { version: '9.9.9', sha256: { [process.arch]: sum } } });

  await assert.rejects(fromRelease(work, release('0'.repeat(64))), /has SHA-256 [0-9a-f]{64}, expected 0+: not used/);
  assert.equal(existsSync(join(work, name)), false);
  const sum = createHash('sha256').update(archive).digest('hex');
  assert.equal(readFileSync(await fromRelease(work, release(sum)), 'utf8'), 'a program');
  assert.match(
    asked.mock.calls[0].arguments[0],
    new RegExp(`/nats-io/nats-server/releases/download/v9\\.9\\.9/${name}\\.tar\\.gz$`),
  );
  asked.mock.mockImplementation(async () => new Response('', { status: 404 }));
  await assert.rejects(fromRelease(work, release(sum)), /answered 404/);
});

test('servers older than 2.9 are too old', () => {
  assert.deepEqual(['2.8.4', '1.4.1', '2.9.10', '2.10.0', '3.0.0'].map(isTooOld), [true, true, false, false, false]);
});

test('the bus listens on loopback and its configuration survives odd paths', () => {
  const config = natsConfig({ port: 4333, storeDir: '/a "b"/c', passwords: { ganglion: 'g', subscriber: 's' } });
  assert.match(config, /^listen: "127\.0\.0\.1:4333"$/m);
  assert.match(config, /store_dir: "\/a \\"b\\"\/c"/);
  assert.equal(publicStream('auth', 'blue'), 'blue_PUB_AUTH');
  assert.match(natsConfig({ port: 1, storeDir: '/', passwords: {}, deployment: 'blue' }), /"blue\.moderation\.>"/);
});

test('what was installed by hand counts when it is what the lockfile asks for', () => {
  const wanted = {
    packages: {
      '': {},
      'libs/one': { version: '1.0.0' },
      'node_modules/@x/one': { link: true },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b-darwin': { version: '1.0.0', optional: true },
    },
  };
  const installed = {
    packages: {
      'libs/one': { version: '1.0.0' },
      'node_modules/@x/one': { link: true },
      'node_modules/a': { version: '1.0.0' },
    },
  };
  const changed = (patch) => ({ packages: { ...installed.packages, ...patch } });
  assert.equal(matchesLock(wanted, installed), true);
  assert.equal(matchesLock(wanted, null), false);
  assert.equal(matchesLock(wanted, changed({ 'node_modules/a': { version: '2.0.0' } })), false);
  assert.equal(matchesLock(wanted, changed({ 'node_modules/a': undefined })), false);
  assert.equal(matchesLock(wanted, changed({ 'node_modules/extra': { version: '1.0.0' } })), false);
});

test('an app gets its own database and no other, and nobody the administrator’s', () => {
  const databaseUrls = {
    auth: 'u-auth',
    moderation: 'u-mod',
    rooms: 'u-rooms',
    appservice: 'u-as',
    accounting: 'u-acc',
  };
  const env = {
    PATH: '/bin',
    GANGLION_SERVER_NAME: 'example.org',
    GANGLION_POSTGRES_URL: 'admin',
    GANGLION_ROOMS__DATABASE_URL: 'u-rooms',
    npm_config_x: '1',
  };
  const of = (app) => childEnvironment({ app, env, dataDir: '/data', databaseUrls, natsUrl: 'nats://x' });
  assert.deepEqual(of('auth'), {
    MALLOC_ARENA_MAX: '2',
    PATH: '/bin',
    GANGLION_SERVER_NAME: 'example.org',
    GANGLION_AUTH__DATABASE_URL: 'u-auth',
    GANGLION_DATA_DIR: '/data',
    GANGLION_NATS_URL: 'nats://x',
  });
  const databasesOf = (app) => Object.keys(of(app)).filter((name) => /POSTGRES|DATABASE/.test(name)).length;
  assert.deepEqual([databasesOf('gateway'), databasesOf('single')], [0, 5]);
});

test('tests see none of the operator’s settings', () => {
  const env = { PATH: '/bin', GANGLION_SERVER_NAME: 'x', GANGLION_TEST_NATS_URL: 'n', GANGLION_NATS_SERVER: '/s' };
  assert.deepEqual(cleanEnvironment(env), { PATH: '/bin', GANGLION_TEST_NATS_URL: 'n', GANGLION_NATS_SERVER: '/s' });
  assert.deepEqual(systemEnvironment(env, { GANGLION_DATA_DIR: '/d' }), {
    PATH: '/bin',
    GANGLION_NATS_SERVER: '/s',
    GANGLION_LISTEN: '127.0.0.1:0',
    GANGLION_DATA_DIR: '/d',
  });
});

test('a restart waits 250 ms, then twice as long, at most 10 s', () => {
  assert.deepEqual([1, 2, 3, 6, 7, 50].map(backoffMs), [250, 500, 1000, 8000, 10_000, 10_000]);
});

test('lines are put together across chunks', () => {
  const lines = [];
  const push = lineSplitter((line) => lines.push(line));
  ['a', 'b\nc\n', '\nd'].forEach(push);
  assert.deepEqual(lines, ['ab', 'c', '']);
});

test('the terminal shows warnings in short form, all when asked, and what is not our log', () => {
  const line = (level, more = {}) => JSON.stringify({ level, msg: 'hello', ...more });
  assert.equal(shortForm(line(30), 40), null);
  assert.equal(shortForm(line(40), 40), 'warn hello');
  assert.equal(shortForm(line(50, { err: { message: 'boom' } }), 40), 'error hello (boom)');
  assert.equal(shortForm(line(20), 20), 'debug hello');
  assert.equal(shortForm('plain', 40), 'plain');
  assert.equal(shortForm('"text"', 40), '"text"');
});

test('without a terminal a step is one plain line', async () => {
  let text = '';
  const terminal = createTerminal({ write: (part) => (text += part) });
  await terminal.step(
    'Postgres',
    async () => 5432,
    (port) => `Postgres on port ${port}`,
  );
  terminal.warn('careful');
  assert.match(text, /^  ✓ Postgres on port 5432 +\d\.\d\d s\n  ! careful\n$/);
});

test('on a terminal the running step gives way to other lines', async () => {
  let text = '';
  const terminal = createTerminal({ isTTY: true, write: (part) => (text += part) });
  await terminal.step('Build', async () => terminal.say('waiting'));
  assert.ok(text.startsWith('  … Build\r\u001b[2Kwaiting\n  … Build\r\u001b[2K'));
});

test('totals count a file that could not be loaded, and a run that broke', () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 1,
    numPendingTests: 1,
    numTodoTests: 1,
  };
  assert.deepEqual(countJest(report, false), { passed: 3, failed: 2, skipped: 2 });
  assert.deepEqual(countJest(null, false), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(countJest({ ...report, numFailedTests: 0, numRuntimeErrorTestSuites: 0 }, false).failed, 1);
  const tap = '# tests 7\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n';
  assert.deepEqual(countTap(tap, false), { passed: 3, failed: 2, skipped: 2 });
  assert.deepEqual(countTap(null, false), { passed: 0, failed: 1, skipped: 0 });
});

test('the last line of npm test has its fixed form', () => {
  const some = { passed: 2, failed: 0, skipped: 0 };
  assert.equal(totalLine(sum([some, some])), '4 passed, 0 failed');
  assert.equal(totalLine({ ...some, skipped: 1 }), '2 passed, 0 failed, 1 skipped');
});

test('a database URL changes its database only, and is shown without its password', () => {
  assert.equal(withDatabase('postgres://a:b@h:1/x?sslmode=require', 'y'), 'postgres://a:b@h:1/y?sslmode=require');
  assert.equal(withoutSecrets('postgres://a:b@h:1/x'), 'postgres://a:***@h:1/x');
});

test('an old Node is refused in one sentence', () => {
  requireNode('20.19.0');
  requireNode('24.1.0');
  assert.throws(() => requireNode('20.18.9'), { name: 'Problem', message: /20\.18\.9 is too old/ });
  assert.throws(() => requireNode('18.20.0'), { name: 'Problem' });
});
