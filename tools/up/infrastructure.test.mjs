import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startInfrastructure } from './infrastructure.mjs';
import { readRunFile, removeDataFolder } from './state.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const require = createRequire(join(checkout, 'package.json'));
const { Client } = require('pg');
const { connect } = require('@nats-io/transport-node');
const { jetstream, jetstreamManager } = require('@nats-io/jetstream');

/**
 * A data folder in a 0700 folder, which Postgres's user cannot enter when we are root. Whatever was started on it is
 * stopped, and all is removed, at the end of the test.
 */
function closedFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-infra-'));
  const dataDir = join(folder, 'data');
  const started = [];
  t.after(async () => {
    for (const infrastructure of started) await infrastructure.stop();
    await removeDataFolder(dataDir);
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async (options = {}) => {
    const infrastructure = await startInfrastructure({
      checkout,
      dataDir,
      env: cleanEnv(),
      durable: false,
      ...options,
    });
    started.push(infrastructure);
    return infrastructure;
  };
  return { dataDir, start };
}

/** The client does not read credentials from an URL. */
const connectTo = (url) => {
  const { host, username: user, password: pass } = new URL(url);
  return connect({ servers: host, user, pass });
};

async function query(url, sql) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a closed folder gets databases, a bus, and them again after each kind of end', async (t) => {
  const { dataDir, start: startOn } = closedFolder(t);
  const lines = [];
  const events = [];
  const waiting = new Set();
  const onEvent = (event) => {
    events.push(event);
    waiting.forEach((check) => check());
  };
  const until = (condition) =>
    new Promise((resolve) => {
      const check = () => condition() && (waiting.delete(check), resolve());
      waiting.add(check);
      check();
    });
  const start = () => startOn({ log: (line) => lines.push(line), onEvent });
  let infrastructure = await start();
  const { postgres, nats } = infrastructure;

  await t.test('each service has a role and a database, and enters no other', async () => {
    for (const [service, url] of Object.entries(postgres.urls)) {
      const [row] = await query(
        url,
        `select current_user as role, current_database() as db, pg_get_userbyid(datdba) as owner
        from pg_database where datname = current_database()`,
      );
      const name = `ganglion_${service}`;
      assert.deepEqual({ ...row }, { role: name, db: name, owner: name });
    }
    for (const other of ['ganglion_rooms', 'postgres', 'template1']) {
      const url = postgres.urls.auth.replace(/\/ganglion_auth$/, `/${other}`);
      await assert.rejects(query(url, 'select 1'), /permission denied for database/, other);
    }
    const wrong = postgres.urls.auth.replace(/:[^:@]+@/, ':wrong@');
    await assert.rejects(query(wrong, 'select 1'), /password authentication failed/);
  });

  await t.test('text is ordered by bytes, and case knows Unicode', async () => {
    const [row] = await query(postgres.urls.rooms, `select 'B' < 'a' as bytes, lower('ÄΩ') as lower`);
    assert.deepEqual({ ...row }, { bytes: true, lower: 'äω' });
  });

  await t.test('only loopback is listened on', async () => {
    const [row] = await query(postgres.adminUrl, 'show listen_addresses');
    assert.equal(row.listen_addresses, '127.0.0.1');
  });

  await t.test('Postgres never runs as root, and where root puts its data is said', async () => {
    const { uid, mode } = statSync(clusterOf(dataDir));
    assert.equal(mode & 0o777, 0o700);
    assert.notEqual(uid, 0);
    if (process.getuid() !== 0) return assert.equal(clusterOf(dataDir), join(dataDir, 'postgres', 'data'));
    const { stateFolder } = openStateOf(dataDir).postgres;
    assert.ok(clusterOf(dataDir).startsWith(`${stateFolder}/`));
    assert.ok(lines.some((line) => line.includes(stateFolder)));
  });

  await t.test('a subscriber reads public events and nothing else', async () => {
    const own = await connectTo(nats.url);
    const subscriber = await connectTo(nats.subscriber.url);
    try {
      await readsPublicStreamOnly(own, subscriber);
    } finally {
      await own.close();
      await subscriber.close();
    }
  });

  await t.test('a second launcher is refused', async () => {
    await assert.rejects(start(), { name: 'Problem', message: new RegExp(`launcher process ${process.pid}`) });
  });

  await t.test('servers that are killed come back on the same addresses', async () => {
    for (const [name, server] of Object.entries({ postgres, nats })) {
      const before = readRunFile(dataDir)[name].pid;
      server.kill('SIGKILL');
      await until(() => events.some(({ type, app, pid }) => type === 'app-ready' && app === name && pid !== before));
    }
    await query(postgres.urls.auth, 'select 1');
    await (await connectTo(nats.url)).close();
    assert.ok(lines.some((line) => /^Postgres stopped \(signal SIGKILL\); starting it again in 250 ms$/.test(line)));
  });

  await t.test('data, passwords and ports survive a restart', async () => {
    await query(postgres.urls.auth, 'create table kept (x int); insert into kept values (7)');
    await infrastructure.stop();
    assert.equal(readRunFile(dataDir), null);
    infrastructure = await start();
    assert.deepEqual(infrastructure.postgres.urls, postgres.urls);
    assert.equal(infrastructure.nats.url, nats.url);
    assert.deepEqual((await query(postgres.urls.auth, 'select x from kept'))[0].x, 7);
  });

  await t.test('a process id left by a crash that now belongs to another program does no harm', async () => {
    await infrastructure.stop();
    const data = clusterOf(dataDir);
    const { uid, gid } = statSync(data);
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      uid,
      gid,
      cwd: '/',
      stdio: 'ignore',
    });
    try {
      writeFileSync(join(data, 'postmaster.pid'), `${other.pid}\n${data}\n`);
      infrastructure = await start();
      assert.equal((await query(postgres.urls.auth, 'select x from kept'))[0].x, 7);
      assert.equal(other.exitCode ?? other.signalCode, null, 'the other program was left alone');
    } finally {
      other.kill();
    }
  });

  await t.test('a first start that was interrupted is repeated', async () => {
    await infrastructure.stop();
    const data = clusterOf(dataDir);
    renameSync(data, join(dirname(data), 'data.new')); // initdb works there; under its name a cluster is whole
    infrastructure = await start();
    await query(postgres.urls.auth, 'select 1');
  });

  await t.test('a broken data folder is one sentence that names it and the way out', async () => {
    await infrastructure.stop();
    const data = clusterOf(dataDir);
    rmSync(join(data, 'global', 'pg_control'));
    await assert.rejects(start(), ({ name, message }) => {
      assert.equal(name, 'Problem');
      assert.ok(message.includes(data) && message.includes('npm start -- --reset'), message);
      assert.equal(message.split('\n').length, 1);
      return true;
    });
    assert.equal(existsSync(join(dataDir, 'launcher.lock')), false, 'nothing holds the folder after a failed start');
  });
});

test('existing servers are used as they are', async (t) => {
  const servers = await closedFolder(t).start();
  const { dataDir, start } = closedFolder(t);
  await query(servers.postgres.adminUrl, 'drop database ganglion_auth');
  const env = { ...cleanEnv(), GANGLION_POSTGRES_URL: servers.postgres.adminUrl, GANGLION_NATS_URL: servers.nats.url };
  const user = await start({ env });
  assert.match(user.postgres.urls.auth, /^postgres:\/\/postgres:.*\/ganglion_auth$/);
  await query(user.postgres.urls.auth, 'select 1');
  assert.equal(user.nats.url, servers.nats.url);
  assert.equal(existsSync(join(dataDir, 'postgres')) || existsSync(join(dataDir, 'nats')), false);
  await user.stop();

  await query(servers.postgres.adminUrl, 'drop database ganglion_auth');
  const weak = servers.postgres.urls.rooms;
  await assert.rejects(start({ env: { ...env, GANGLION_POSTGRES_URL: weak } }), {
    name: 'Problem',
    message:
      /"ganglion_rooms" of GANGLION_POSTGRES_URL may not create databases[^]*create database ganglion_auth owner ganglion_rooms/,
  });
  const gone = 'postgres://nobody:secret@127.0.0.1:1/x';
  await assert.rejects(start({ env: { ...env, GANGLION_POSTGRES_URL: gone } }), ({ message }) => {
    assert.match(message, /Cannot connect to GANGLION_POSTGRES_URL/);
    assert.ok(!message.includes('secret'));
    return true;
  });
});

test('a GANGLION_NATS_SERVER that does not run is named', async (t) => {
  const env = { ...cleanEnv(), GANGLION_NATS_SERVER: '/nonexistent/nats-server', GANGLION_POSTGRES_URL: undefined };
  await assert.rejects(closedFolder(t).start({ env }), {
    name: 'Problem',
    message: /GANGLION_NATS_SERVER is \/nonexistent\/nats-server/,
  });
});

async function readsPublicStreamOnly(own, subscriber) {
  const streams = await jetstreamManager(own);
  await streams.streams.add({ name: 'PUB_MODERATION', subjects: ['moderation.>'] });
  await streams.streams.add({ name: 'EVT', subjects: ['evt.>'] });
  const heard = [];
  const hear = (subject) =>
    subscriber.subscribe(subject, { callback: (error, message) => error || heard.push(message.string()) });
  ['moderation.>', '_INBOX.>', 'cmd.>'].forEach(hear);
  own.subscribe('cmd.auth.1', { callback: (_error, message) => message.respond('a secret reply') });
  await Promise.all([own.flush(), subscriber.flush()]);

  await own.request('cmd.auth.1', 'a secret request');
  await jetstream(own).publish('moderation.report.filed.x', 'a public event');
  subscriber.publish('moderation.report.filed.x', 'a forged event');
  subscriber.publish('cmd.auth.1', 'a forged request');
  await Promise.all([own.flush(), subscriber.flush()]);

  const consumer = await jetstream(subscriber).consumers.get('PUB_MODERATION');
  const message = await consumer.next({ expires: 5_000 });
  assert.deepEqual([message.seq, message.string()], [1, 'a public event']);
  assert.equal((await streams.streams.info('PUB_MODERATION')).state.messages, 1);
  // The event comes twice, published and through the consumer; answers of the JetStream API are JSON.
  assert.deepEqual([...new Set(heard.filter((text) => !text.startsWith('{')))], ['a public event']);
  await assert.rejects(jetstream(subscriber).consumers.get('EVT'), /Permissions Violation/);
  await assert.rejects((await jetstreamManager(subscriber)).streams.purge('PUB_MODERATION'), /Permissions Violation/);
}

function openStateOf(dataDir) {
  return JSON.parse(readFileSync(join(dataDir, 'launcher.json'), 'utf8'));
}

const clusterOf = (dataDir) => join(openStateOf(dataDir).postgres?.root ?? join(dataDir, 'postgres'), 'data');

/** Own servers whatever the shell says; the program found by npm test is used. */
function cleanEnv() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GANGLION_') || name === 'GANGLION_NATS_SERVER'),
  );
}
