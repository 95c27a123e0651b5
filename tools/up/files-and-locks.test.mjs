import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureBuilt, sourceStamp } from './build.mjs';
import { makeFakeCheckout } from './fake-checkout.mjs';
import { ensureInstalled } from './install.mjs';
import { lockHolder, tryLock, withLock } from './lock.mjs';
import { openLog } from './logs.mjs';
import { openDataFolder, readRunFile, removeDataFolder, resetDataFolder } from './state.mjs';

function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-files-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function fakeCheckout(t) {
  const fake = makeFakeCheckout();
  t.after(() => rmSync(fake.checkout, { recursive: true, force: true }));
  return fake;
}

test('a lock has one holder and tells its process', (t) => {
  const path = join(temporary(t), 'a.lock');
  const lock = tryLock(path);
  assert.deepEqual(tryLock(path), { heldBy: process.pid });
  assert.equal(lockHolder(path), process.pid);
  lock.release();
  assert.equal(lockHolder(path), null);
  assert.ok('release' in tryLock(path));
});

test('a lock of a dead process, or of an earlier one with the same number, is taken over', (t) => {
  const path = join(temporary(t), 'a.lock');
  const NO_SUCH_PID = 2 ** 22 + 1;
  for (const stale of [`${NO_SUCH_PID} 5`, `${process.pid} 5`, 'garbage', '']) {
    writeFileSync(path, stale);
    const lock = tryLock(path);
    assert.ok('release' in lock, stale);
    lock.release();
  }
});

test('work under a lock waits for the holder', async (t) => {
  const path = join(temporary(t), 'a.lock');
  const lock = tryLock(path);
  const order = [];
  const waiting = withLock(path, async () => order.push('second'), {
    onWait: (pid) => {
      order.push(`waits for ${pid}`);
      lock.release();
    },
  });
  await waiting;
  assert.deepEqual(order, [`waits for ${process.pid}`, 'second']);
  assert.equal(existsSync(path), false);
});

test('a data folder makes its secrets once, for the owner’s eyes', async (t) => {
  const dataDir = join(temporary(t), 'data');
  const first = openDataFolder(dataDir);
  first.remember({ ports: { nats: 4222 } });
  first.publish({ pid: process.pid });
  first.publish({ url: 'http://x' });
  assert.deepEqual(readRunFile(dataDir), { pid: process.pid, url: 'http://x' });
  for (const file of ['servers.json', 'run.json'])
    assert.equal(statSync(join(dataDir, file)).mode & 0o777, 0o600, file);
  assert.throws(() => openDataFolder(dataDir), {
    name: 'Problem',
    message: new RegExp(`already runs on ${dataDir} \\(launcher process ${process.pid}\\)`),
  });
  await assert.rejects(resetDataFolder(dataDir), { name: 'Problem' });
  first.close();
  assert.equal(readRunFile(dataDir), null);
  const second = openDataFolder(dataDir);
  assert.deepEqual([second.secrets, second.state.ports], [first.secrets, { nats: 4222 }]);
  second.close();
  await removeDataFolder(dataDir);
  assert.equal(existsSync(dataDir), false);
});

test('a broken file in the data folder is named, with the way out', async (t) => {
  const dataDir = join(temporary(t), 'data');
  openDataFolder(dataDir).close();
  writeFileSync(join(dataDir, 'servers.json'), '{');
  assert.throws(() => openDataFolder(dataDir), {
    name: 'Problem',
    message: /servers\.json cannot be read.*npm start -- --reset/,
  });
  await resetDataFolder(dataDir);
  openDataFolder(dataDir).close();
});

test('a reset spares what was in the folder before', async (t) => {
  const dataDir = temporary(t);
  writeFileSync(join(dataDir, 'thesis.txt'), 'years of work');
  openDataFolder(dataDir).close();
  await resetDataFolder(dataDir);
  assert.equal(readFileSync(join(dataDir, 'thesis.txt'), 'utf8'), 'years of work');
  assert.equal(existsSync(join(dataDir, 'servers.json')), false);
});

test('a reset empties a folder that was ours from the start', async (t) => {
  const dataDir = join(temporary(t), 'data');
  openDataFolder(dataDir).close();
  mkdirSync(join(dataDir, 'made-by-an-app'));
  await resetDataFolder(dataDir);
  assert.equal(existsSync(join(dataDir, 'made-by-an-app')), false);
});

test('a full log is put aside once', (t) => {
  const path = join(temporary(t), 'logs', 'app.log');
  const log = openLog(path, 10);
  for (const text of ['first\n', 'second\n', 'third\n']) log.write(Buffer.from(text));
  log.close();
  log.write(Buffer.from('too late'));
  assert.deepEqual([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')], ['second\n', 'third\n']);
});

test('the stamp changes with every source, and with nothing else', (t) => {
  const { checkout, write } = fakeCheckout(t);
  const first = sourceStamp(checkout);
  assert.equal(sourceStamp(checkout), first);
  write('libs/one/dist/index.js', '');
  assert.equal(sourceStamp(checkout), first);
  write('libs/one/src/deep/two.ts', '');
  const second = sourceStamp(checkout);
  assert.notEqual(second, first);
  utimesSync(join(checkout, 'libs/one/src/deep/two.ts'), 1, 1);
  assert.notEqual(sourceStamp(checkout), second);
  unlinkSync(join(checkout, 'libs/one/src/deep/two.ts'));
  assert.equal(sourceStamp(checkout), first);
});

test('packages and build are done once, and again when needed', async (t) => {
  const { checkout, write } = fakeCheckout(t);
  const options = { checkout, env: process.env, say: assert.fail };
  const modules = join(checkout, 'node_modules');
  assert.equal(await ensureInstalled(options), 'current', 'what npm installed by hand is taken as it is');
  assert.equal(existsSync(join(modules, '.ganglion-installed')), true);
  assert.equal(await ensureBuilt(options), 'built');
  assert.equal(await ensureBuilt(options), 'current');
  rmSync(join(checkout, 'libs/one/dist'), { recursive: true });
  assert.equal(await ensureBuilt(options), 'built');
  assert.equal(existsSync(join(checkout, 'libs/one/dist/index.js')), true);
  write('libs/one/src/index.ts', 'export const one: string = 1;\n');
  await assert.rejects(ensureBuilt(options), { name: 'Problem', message: /The build failed[^]*TS2322/ });
  assert.equal(existsSync(join(checkout, 'dist', 'up.lock')), false);
});

test('a lockfile that changed runs npm ci once', async (t) => {
  const { checkout, write } = fakeCheckout(t);
  const calls = join(checkout, 'calls.txt');
  write(
    'bin/npm-cli.cjs',
    `require('fs').appendFileSync(${JSON.stringify(calls)}, process.argv.slice(2).join(' ') + '\\n')`,
  );
  write('package-lock.json', JSON.stringify({ packages: { 'node_modules/new': { version: '1.0.0' } } }));
  const options = {
    checkout,
    env: { ...process.env, npm_execpath: join(checkout, 'bin/npm-cli.cjs') },
    say: assert.fail,
  };
  assert.equal(await ensureInstalled(options), 'installed');
  assert.equal(await ensureInstalled(options), 'current');
  assert.equal(readFileSync(calls, 'utf8'), 'ci --include=dev\n');
  write('bin/npm-cli.cjs', `console.error('npm error network'); process.exit(1)`);
  write('package-lock.json', JSON.stringify({ packages: { 'node_modules/newer': { version: '1.0.0' } } }));
  await assert.rejects(ensureInstalled(options), {
    name: 'Problem',
    message: /npm ci --include=dev[^]*npm error network/,
  });
});
