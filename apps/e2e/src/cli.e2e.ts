import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { http } from './harness/http.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(120_000);

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

const GANGLION = join(__dirname, '../../cli/bin/ganglion.mjs');

function ganglion(args: string[], env: Record<string, string>, input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [GANGLION, ...args],
      { env: { PATH: process.env['PATH'], ...env } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

describe('the command, beside a system that runs', () => {
  let system: TestSystem;
  let env: Record<string, string>;

  beforeAll(async () => {
    system = await TestSystem.start({}, ['--single']);
    env = { GANGLION_DATA_DIR: system.dataDir, GANGLION_PROFILE: 'test' };
  });
  afterAll(() => system?.stop());

  it('says where to connect, for people and for programs', async () => {
    const shown = await ganglion(['status'], env);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(`Ready: ${system.url}`) });
    const { stdout } = await ganglion(['status', '--json'], env);
    const status = JSON.parse(stdout) as {
      url: string;
      ready: boolean;
      nats: { url: string; credentials: { user: string } };
    };
    expect(status).toMatchObject({ url: system.url, ready: true, nats: { credentials: { user: 'subscriber' } } });
    const { hostname, port } = new URL(status.nats.url);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(socket.destroy() && undefined));
      socket.once('error', reject);
    });
  });

  it('makes the first admin, who can log in and is one', async () => {
    const made = await ganglion(['user', 'create', '--admin', '--password-stdin', 'root'], env, 'a long password\n');
    expect(made).toMatchObject({ code: 0, stdout: 'Created @root:localhost (server admin).\n' });
    const body = {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: 'root' },
      password: 'a long password',
    };
    const login = await http(system.url, 'POST', '/_matrix/client/v3/login', { body });
    const token = login.body['access_token'] as string;
    expect((await http(system.url, 'GET', '/_ganglion/admin/v1/accounting/mau', { token })).status).toBe(200);
  });

  it('says why an account cannot be made', async () => {
    const twice = await ganglion(['user', 'create', '--generate', 'root'], env);
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining('M_USER_IN_USE') });
    const noTerminal = await ganglion(['user', 'create', 'other'], env);
    expect(noTerminal).toMatchObject({ code: 1, stderr: expect.stringContaining('--password-stdin') });
  });

  it('reads what auth decided, without any secret in it', async () => {
    const { code, stdout } = await ganglion(['events', 'read', 'auth', '--json'], env);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; pos: number });
    expect(events[0]).toMatchObject({ type: 'account.registered', pos: 1 });
    expect(stdout).not.toContain('a long password');
  });

  it('verifies every log, and names the position that was changed', async () => {
    const shown = await ganglion(['events', 'verify', '--json'], env);
    const { logs } = JSON.parse(shown.stdout) as { logs: { service: string; events: number; anchor: string }[] };
    expect(shown.code).toBe(0);
    expect(logs.map(({ service }) => service)).toEqual(['auth', 'moderation', 'rooms', 'appservice', 'accounting']);
    expect(logs[0]!.events).toBeGreaterThan(0);
    const anchors = logs.map(({ anchor }) => ['--anchor', anchor]).flat();
    expect(await ganglion(['events', 'verify', ...anchors], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Every log is what its service wrote'),
    });

    const { postgres } = await system.run();
    const intruder = new pg.Client({ connectionString: postgres.urls['auth']! });
    await intruder.connect();
    const { rows } = await intruder.query<{ data: string }>('select data from event where pos = 1');
    await intruder.query(`update event set data = data || ' ' where pos = 1`);
    const found = await ganglion(['events', 'verify', 'auth'], env);
    await intruder.query('update event set data = $1 where pos = 1', [rows[0]!.data]);
    await intruder.end();
    expect(found).toMatchObject({ code: 1, stdout: expect.stringMatching(/BAD\s+auth\s+position 1:/) });
    expect(found.stdout).toContain('→ ');
    expect(await ganglion(['events', 'verify', 'auth'], env)).toMatchObject({ code: 0 });
    const forged = `auth:1:${'0'.repeat(64)}`;
    expect(await ganglion(['events', 'verify', '--anchor', forged], env)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("not the anchor's"),
    });
  });

  it('finds nothing wrong', async () => {
    const { code, stdout } = await ganglion(['doctor', '--json'], env);
    const { findings } = JSON.parse(stdout) as { findings: { level: string; what: string }[] };
    expect(findings.filter(({ level }) => level === 'bad')).toEqual([]);
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['Node.js', 'disk', 'clock', 'database of rooms', 'NATS', 'JetStream', 'gateway']),
    );
    expect(code).toBe(0);
  });
});

describe('the command, without a system', () => {
  const nowhere = { GANGLION_DATA_DIR: '/nonexistent/ganglion' };

  it('says how to start one', async () => {
    expect(await ganglion(['status'], nowhere)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('npm start'),
    });
    const events = await ganglion(['events', 'read', 'auth'], nowhere);
    expect(events).toMatchObject({ code: 1, stderr: expect.stringContaining('npm start') });
    expect(events.stderr).not.toContain('    at '); // a sentence, not a stack
  });

  it('names every bad key', async () => {
    const bad = { ...nowhere, GANGLION_LOG_LEVEL: 'loud', GANGLION_ROOMS__MAX_CACHED_ROOMS: '0' };
    const { code, stdout } = await ganglion(['config', 'check'], bad);
    expect(code).toBe(1);
    expect(stdout).toContain('server.log_level');
    expect(stdout).toContain('rooms.max_cached_rooms');
    expect(await ganglion(['config', 'check'], nowhere)).toMatchObject({ code: 0 });
  });

  it('prints the configuration without its secrets', async () => {
    const { stdout } = await ganglion(['config', 'print'], {
      ...nowhere,
      GANGLION_REGISTRATION_SHARED_SECRET: 'hunter2',
    });
    expect(stdout).toContain('server_name: localhost');
    expect(stdout).not.toContain('hunter2');
  });

  it('doctor says what to do about what is missing', async () => {
    const { code, stdout } = await ganglion(['doctor'], { ...nowhere, GANGLION_NATS_URL: 'nats://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/BAD\s+NATS/);
    expect(stdout).toContain('npm start');
  });

  it('helps', async () => {
    const { code, stdout } = await ganglion(['--help'], nowhere);
    expect(code).toBe(0);
    for (const command of ['up', 'status', 'doctor', 'config', 'user', 'events']) expect(stdout).toContain(command);
    expect((await ganglion(['nonsense'], nowhere)).code).not.toBe(0);
  });
});
