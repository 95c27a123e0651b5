import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFakeCheckout } from './fake-checkout.mjs';
import { isAlive } from './processes.mjs';
import { startSystem } from './system.mjs';
import { removeDataFolder } from './state.mjs';

/** A system of small apps; what it leaves is removed whatever happens. */
function prepare(t) {
  const { checkout } = makeFakeCheckout();
  const dataDir = mkdtempSync(join(tmpdir(), 'ganglion-system-'));
  const systems = [];
  t.after(async () => {
    for (const system of systems) await system.stop();
    await removeDataFolder(dataDir);
    rmSync(checkout, { recursive: true, force: true });
  });
  const start = async (options = {}) => {
    const system = await startSystem({ checkout, dataDir, ...options });
    systems.push(system);
    return system;
  };
  return { start, dataDir };
}

const ask = async (url) => (await fetch(url)).json();

test('a system starts, restarts what dies, and stops in order', async (t) => {
  const { start, dataDir } = prepare(t);
  const system = await start({ env: { GANGLION_SERVER_NAME: 'example.org' } });
  const { apps, nats, url } = system.runJson;

  assert.equal(url, system.url);
  assert.deepEqual(Object.keys(apps).sort(), ['accounting', 'appservice', 'auth', 'gateway', 'moderation', 'rooms']);
  const auth = await ask(`http://127.0.0.1:${apps.auth.healthPort}`);
  assert.equal(auth.environment.GANGLION_SERVER_NAME, 'example.org');
  assert.equal(auth.environment.GANGLION_NATS_URL, nats.url);
  assert.match(auth.environment.GANGLION_AUTH__DATABASE_URL, /ganglion_auth$/);
  assert.equal(auth.environment.GANGLION_ROOMS__DATABASE_URL, undefined);
  assert.match(system.output, /auth: warn auth says 40/);
  assert.doesNotMatch(system.output, /auth says 20/);
  assert.match(readFileSync(join(dataDir, 'logs', 'auth.log'), 'utf8'), /auth says 20/);
  assert.match(system.output, /npx ganglion user create --admin <name>/);

  for (const part of ['auth', 'gateway', 'nats', 'postgres']) {
    const pid = system.kill(part);
    const successor = await system.untilReady(part, pid);
    assert.notEqual(successor, pid);
    assert.equal(isAlive(pid), false);
  }
  assert.match(system.output, /auth stopped \(signal SIGKILL\); starting it again in 250 ms/);

  const { pid: launcher, postgres, apps: last } = system.runJson;
  assert.equal(await system.stop(), 0);
  const order = readFileSync(join(dataDir, 'order.txt'), 'utf8').trim().split('\n');
  assert.equal(order[0], 'gateway');
  assert.deepEqual(order.slice(1).sort(), ['accounting', 'appservice', 'auth', 'moderation', 'rooms']);
  const processes = [launcher, postgres.pid, ...Object.values(last).map(({ pid }) => pid)];
  assert.deepEqual(processes.filter(isAlive), []);
  assert.equal(existsSync(join(dataDir, 'run.json')), false);
});

test('what a killed launcher leaves behind is stopped by the next one', async (t) => {
  const { start } = prepare(t);
  const first = await start({ args: ['--single'] });
  const left = first.runJson;
  first.kill('launcher');
  await first.stop();
  const second = await start({ args: ['--single'], env: { GANGLION_LOG_LEVEL: 'debug' } });
  assert.deepEqual(Object.keys(second.runJson.apps), ['single']);
  assert.deepEqual([left.postgres.pid, left.nats.pid, left.apps.single.pid].filter(isAlive), []);
  assert.match(second.output, /single: debug gateway says 20/);
  const { environment } = await ask(second.url);
  assert.equal(Object.keys(environment).filter((name) => name.endsWith('DATABASE_URL')).length, 5);
});

test('a system ends with the process that started it, in good order', async (t) => {
  const { checkout } = makeFakeCheckout();
  t.after(() => rmSync(checkout, { recursive: true, force: true }));
  const script = `
    const { startSystem } = await import(${JSON.stringify(new URL('system.mjs', import.meta.url).href)});
    const { dataDir, runJson } = await startSystem({ checkout: ${JSON.stringify(checkout)}, args: ['--single'] });
    process.stdout.write(JSON.stringify({ dataDir, runJson }));
    setInterval(() => {}, 1_000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  const { dataDir, runJson } = JSON.parse(await new Promise((resolve) => parent.stdout.once('data', resolve)));
  t.after(() => removeDataFolder(dataDir));
  parent.kill('SIGKILL');
  const pids = [runJson.pid, runJson.postgres.pid, runJson.nats.pid, runJson.apps.single.pid];
  while (pids.some(isAlive)) await delay(20); // the end of another's child can only be polled for
  assert.equal(existsSync(join(dataDir, 'run.json')), false);
});

test('a start that cannot succeed says why and leaves nothing running', async (t) => {
  const { start, dataDir } = prepare(t);
  writeFileSync(join(dataDir, 'broken'), '');
  await assert.rejects(start(), ({ message }) => {
    assert.match(message, /gateway: the gateway is broken/);
    assert.match(message, /gateway does not start \(exit code 1\)\. What it said is above and in .*gateway\.log/);
    return true;
  });
  assert.equal(existsSync(join(dataDir, 'launcher.lock')), false);

  await assert.rejects(start({ args: ['--reset'] }), /without a terminal to ask on it needs --yes too/);
  const system = await start({ args: ['--reset', '--yes'] }).catch((error) => error);
  assert.match(system.message, /the gateway is broken/, 'the folder was not empty at first: what was there stays');
  rmSync(join(dataDir, 'broken'));

  const running = await start();
  const port = new URL(running.url).port;
  const other = mkdtempSync(join(tmpdir(), 'ganglion-system-'));
  t.after(() => removeDataFolder(other));
  const taken = start({ dataDir: other, env: { GANGLION_LISTEN: `127.0.0.1:${port}` } });
  await assert.rejects(taken, new RegExp(`127\\.0\\.0\\.1:${port} is already in use`));
  await assert.rejects(start(), /already runs on/);
});
