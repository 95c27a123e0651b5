import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeFakeCheckout } from './fake-checkout.mjs';
import { isAlive } from './processes.mjs';
import { removeDataFolder } from './state.mjs';
import { startSystem } from './system.mjs';

const { checkout } = makeFakeCheckout();
const dataDir = mkdtempSync(join(tmpdir(), 'ganglion-replicas-'));
let system;
before(async () => {
  system = await startSystem({ checkout, dataDir, args: ['--replicas=2'] });
});
after(async () => {
  await system?.stop();
  await removeDataFolder(dataDir);
  rmSync(checkout, { recursive: true, force: true });
});

/** The process that answers on a connection of its own; rejects when it is refused or cut. */
function whoAnswers(url) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: new Agent({ keepAlive: false }) }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(JSON.parse(text).pid));
      response.on('error', reject);
    });
    sent.on('error', reject).end();
  });
}

const pidOf = (name) => system.runJson.apps[name].pid;

test('every app runs twice, each process with its own name, port and log', async () => {
  const { apps, instances } = system.runJson;
  assert.equal(instances.length, 12);
  assert.deepEqual(Object.keys(apps).sort(), [...instances].sort());
  assert.equal(new Set(Object.values(apps).map(({ healthPort }) => healthPort)).size, 12);
  assert.equal(apps['rooms-2'].app, 'rooms');
  for (const name of instances) assert.match(readFileSync(join(dataDir, 'logs', `${name}.log`), 'utf8'), /says 20/);
  assert.match(system.output, /rooms-2: warn rooms says 40/);
  const { environment } = await (await fetch(`http://127.0.0.1:${apps['auth-2'].healthPort}`)).json();
  assert.match(environment.GANGLION_AUTH__DATABASE_URL, /ganglion_auth$/);
});

test('all gateways answer on one port, and whichever is left answers alone', async () => {
  const gateways = [pidOf('gateway-1'), pidOf('gateway-2')];
  const seen = new Set();
  while (seen.size < 2)
    (await Promise.all(Array.from({ length: 20 }, () => whoAnswers(system.url)))).forEach((pid) => seen.add(pid));
  assert.deepEqual([...seen].sort(), gateways.sort());

  const killed = system.kill('gateway-1');
  while (isAlive(killed)) assert.ok(gateways.includes(await whoAnswers(system.url)));
  assert.equal(await whoAnswers(system.url), pidOf('gateway-2'));
  await system.untilReady('gateway-1', killed);
});

test('without any gateway connections wait for the next one', async () => {
  const killed = ['gateway-1', 'gateway-2'].map((name) => system.kill(name));
  const answered = await whoAnswers(system.url);
  assert.ok(!killed.includes(answered));
  await Promise.all(killed.map((pid, i) => system.untilReady(`gateway-${i + 1}`, pid)));
});

test('a rolling restart takes one process at a time and refuses no connection', async () => {
  const before = { ...system.runJson.apps };
  const fewest = { gateway: 2, rooms: 2 };
  let running = true;
  const clients = Array.from({ length: 4 }, async () => {
    while (running) {
      await whoAnswers(system.url);
      const ready = Object.values(system.runJson.apps);
      for (const app of ['gateway', 'rooms']) {
        fewest[app] = Math.min(fewest[app], ready.filter((each) => each.app === app).length);
      }
    }
  });
  const restarted = await system.restart(['gateway', 'rooms']);
  running = false;
  await Promise.all(clients); // a refused or cut connection fails the test

  assert.deepEqual(
    restarted.map(({ instance }) => instance),
    ['rooms-1', 'rooms-2', 'gateway-1', 'gateway-2'],
  );
  for (const { instance, pid, tookMs } of restarted) {
    assert.notEqual(pid, before[instance].pid);
    assert.equal(pid, pidOf(instance));
    assert.ok(tookMs > 0);
  }
  assert.equal(pidOf('auth-1'), before['auth-1'].pid);
  assert.deepEqual(fewest, { gateway: 1, rooms: 1 });
});

test('without --rolling they stop together', async () => {
  const startedMs = performance.now();
  const restarted = await system.restart(['auth', 'moderation-1'], { rolling: false });
  assert.deepEqual(restarted.map(({ instance }) => instance).sort(), ['auth-1', 'auth-2', 'moderation-1']);
  const oneByOneMs = restarted.reduce((sum, { tookMs }) => sum + tookMs, 0);
  assert.ok(performance.now() - startedMs < oneByOneMs);
});

test('a process that does not come back ends the restart, and the others stay', async () => {
  const second = pidOf('gateway-2');
  writeFileSync(join(dataDir, 'broken'), '');
  await assert.rejects(system.restart(['gateway']), /gateway-1 does not start again \(exit code 1\)/);
  assert.equal(pidOf('gateway-2'), second);
  assert.equal(await whoAnswers(system.url), second);
  rmSync(join(dataDir, 'broken'));
  await system.untilReady('gateway-1'); // the launcher goes on trying
});

test('the next one waits until the one before can serve', async () => {
  writeFileSync(join(dataDir, 'unready'), '');
  const [first, second] = ['rooms-1', 'rooms-2'].map(pidOf);
  const restarted = system.restart(['rooms']);
  await system.untilReady('rooms-1', first);
  await assert.rejects(system.restart(['auth-1']), /A restart is under way already/);
  assert.equal(pidOf('rooms-2'), second);
  rmSync(join(dataDir, 'unready'));
  assert.equal((await restarted).length, 2);
  assert.notEqual(pidOf('rooms-2'), second);
});

test('the socket is for its owner alone, and says what is wrong with a request', async () => {
  const { control } = system.runJson;
  assert.equal(statSync(control).mode & 0o777, 0o600);
  await assert.rejects(system.restart(['rooms-3']), /Nothing here is called "rooms-3"/);
  const answer = await new Promise((resolve, reject) => {
    const sent = request({ socketPath: control, method: 'POST', path: '/restart' }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve([response.statusCode, JSON.parse(text)]));
    });
    sent.on('error', reject).end('{"names":"rooms"}');
  });
  assert.deepEqual(answer, [400, { error: 'A restart needs { "names": [strings], "rolling": true or false }.' }]);
});

test('a frozen process does not keep the system from stopping', async () => {
  const frozen = system.kill('rooms-1', 'SIGSTOP');
  const { control, apps } = system.runJson;
  assert.equal(await system.stop(), 0);
  assert.deepEqual([frozen, ...Object.values(apps).map(({ pid }) => pid)].filter(isAlive), []);
  assert.equal(existsSync(control), false);
  const order = readFileSync(join(dataDir, 'order.txt'), 'utf8').trim().split('\n').slice(-12);
  assert.deepEqual(order.slice(0, 2), ['gateway', 'gateway']);
  assert.equal(order.includes('gateway', 2), false);
});
