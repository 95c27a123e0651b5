import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAppservice } from './harness/appservice.js';
import { http } from './harness/http.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(240_000);

const GANGLION = join(__dirname, '../../cli/bin/ganglion.mjs');

function ganglion(args: string[], dataDir: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], GANGLION_PROFILE: 'test', GANGLION_DATA_DIR: dataDir };
  return new Promise((resolve) => {
    execFile(process.execPath, [GANGLION, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

interface Writer {
  name: string;
  token: string;
  roomId: string;
  /** Event ids, in the order in which the server acknowledged them. */
  acknowledged: string[];
}

const PASSWORD = 'a long password';

async function register(url: string, username: string): Promise<string> {
  const body = { username, password: PASSWORD, auth: { type: 'm.login.dummy' } };
  const { body: account } = await http(url, 'POST', '/_matrix/client/v3/register', { body });
  return account['access_token'] as string;
}

/** Somebody who writes one message after the other, and people who join in the meantime. */
class Load {
  private stopped = false;
  private readonly running: Promise<void>[];
  registered = 0;

  constructor(
    private readonly url: string,
    private readonly writers: Writer[],
  ) {
    this.running = [...writers.map((writer) => this.write(writer)), this.newcomers()];
  }

  async more(count: number): Promise<void> {
    const goals = this.writers.map(({ acknowledged }) => acknowledged.length + count);
    while (this.writers.some(({ acknowledged }, i) => acknowledged.length < goals[i]!)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async write(writer: Writer): Promise<void> {
    for (let n = 0; !this.stopped; n++) writer.acknowledged.push(await send(this.url, writer, `load-${n}`));
  }

  private async newcomers(): Promise<void> {
    for (; !this.stopped; this.registered++) await register(this.url, `newcomer${this.registered}`);
  }
}

async function send(url: string, { token, roomId }: Writer, text: string): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${text}`;
  const answer = await http(url, 'PUT', path, { token, body: { msgtype: 'm.text', body: text } });
  if (answer.status !== 200) throw new Error(`a message was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body['event_id'] as string;
}

/** Everything said in the room, oldest first. */
async function history(url: string, { token, roomId }: Writer): Promise<string[]> {
  const ids: string[] = [];
  for (let from: string | undefined = ''; from !== undefined;) {
    const path: string = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=500${from ? `&from=${from}` : ''}`;
    const page = await http(url, 'GET', path, { token });
    expect(page.status).toBe(200);
    const chunk = page.body['chunk'] as { event_id: string; type: string }[];
    ids.push(...chunk.filter(({ type }) => type === 'm.room.message').map((event) => event.event_id));
    from = chunk.length === 0 ? undefined : (page.body['end'] as string | undefined);
  }
  return ids;
}

describe('a system under load that is backed up, and restored elsewhere', () => {
  const bridge = new TestAppservice();
  let folder: string;
  let restoredDir: string;
  let system: TestSystem | undefined;
  let restored: TestSystem | undefined;
  let load: Load | undefined;
  const writers: Writer[] = [];
  /** Before the backup. */
  const known: Record<string, string[]> = {};
  let oldSyncToken: string;
  let newcomersBefore: number;
  let transactionsBefore: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ganglion-e2e-backup-'));
    restoredDir = mkdtempSync(join(tmpdir(), 'ganglion-e2e-restored-'));
    chmodSync(restoredDir, 0o711); // Postgres's user passes through when we are root
    await bridge.start();
    system = await TestSystem.start({ GANGLION_APPSERVICE_CONFIG_FILES: bridge.registrationFile });
    const { url } = system;
    const as = { token: bridge.asToken };
    const ghost = { type: 'm.login.application_service', username: 'bridge_ghost' };
    await http(url, 'POST', '/_matrix/client/v3/register', { ...as, body: ghost });
    for (const name of ['alice', 'bob', 'carol']) {
      const token = await register(url, name);
      const body = { invite: ['@bridge_ghost:localhost'] };
      const room = await http(url, 'POST', '/_matrix/client/v3/createRoom', { token, body });
      const roomId = room.body['room_id'] as string;
      const join = `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?user_id=@bridge_ghost:localhost`;
      expect((await http(url, 'POST', join, { ...as, body: {} })).status).toBe(200);
      writers.push({ name, token, roomId, acknowledged: [] });
    }
    const sync = await http(url, 'GET', '/_matrix/client/v3/sync?timeout=0', { token: writers[0]!.token });
    oldSyncToken = sync.body['next_batch'] as string;
  });
  afterAll(async () => {
    await load?.stop();
    await Promise.all([system?.stop(), restored?.stop()]);
    bridge.stop();
    for (const path of [folder, restoredDir]) rmSync(path, { recursive: true, force: true });
  });

  it('is backed up without failing a request', async () => {
    load = new Load(system!.url, writers);
    await load.more(30);
    newcomersBefore = load.registered;
    for (const { name, acknowledged } of writers) known[name] = [...acknowledged];
    const backup = await ganglion(['backup', '--to', join(folder, 'b.tar'), '--json'], system!.dataDir);
    expect(backup).toMatchObject({ code: 0 });
    const { appendsHeldMs, secrets } = JSON.parse(backup.stdout) as { appendsHeldMs: number; secrets: string[] };
    expect(appendsHeldMs).toBeLessThan(2_000);
    expect(secrets).toEqual(expect.arrayContaining(['signing_key', 'token_checksum_key', 'appservice_secrets_key']));
    // What comes now is not in the backup, but the bridge is told of it, under ids that must not come again.
    await load.more(30);
    await load.stop();
    const last = writers.map(({ acknowledged }) => acknowledged.at(-1)!);
    await bridge.until(() => last.every((id) => bridge.events().some((event) => event.event_id === id)));
    transactionsBefore = bridge.transactions.length;
    expect(await system!.stop()).toBe(0);
  });

  it('is restored by one command, which finds the logs as they were', async () => {
    const verified = await ganglion(['backup', 'verify', join(folder, 'b.tar')], restoredDir);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('is whole') });
    const restoring = await ganglion(['restore', join(folder, 'b.tar')], restoredDir);
    expect(restoring).toMatchObject({ code: 0, stdout: expect.stringContaining('GANGLION_SERVER_NAME=localhost') });
    restored = await TestSystem.start({ GANGLION_APPSERVICE_CONFIG_FILES: bridge.registrationFile }, ['--single'], {
      dataDir: restoredDir,
    });
    expect(await ganglion(['events', 'verify', 'rooms'], restoredDir)).toMatchObject({ code: 0 });
  });

  it('knows everybody, their tokens and their passwords', async () => {
    for (const { name, token } of writers) {
      const whoami = await http(restored!.url, 'GET', '/_matrix/client/v3/account/whoami', { token });
      expect(whoami).toMatchObject({ status: 200, body: { user_id: `@${name}:localhost` } });
    }
    const identifier = { type: 'm.id.user', user: `newcomer${newcomersBefore - 1}` };
    const body = { type: 'm.login.password', identifier, password: PASSWORD };
    expect((await http(restored!.url, 'POST', '/_matrix/client/v3/login', { body })).status).toBe(200);
  });

  it('has everything that was acknowledged before, in order, once', async () => {
    for (const writer of writers) {
      const stored = await history(restored!.url, writer);
      expect(new Set(stored).size).toBe(stored.length);
      expect(stored.slice(0, known[writer.name]!.length)).toEqual(known[writer.name]);
      expect(stored).toEqual(writer.acknowledged.slice(0, stored.length));
    }
  });

  it('answers an old sync token with everything from the beginning', async () => {
    const path = `/_matrix/client/v3/sync?timeout=0&since=${oldSyncToken}`;
    const [{ token, roomId }] = writers as [Writer];
    const sync = await http(restored!.url, 'GET', path, { token });
    expect(sync.status).toBe(200);
    const rooms = sync.body['rooms'] as { join: Record<string, { state: { events: { type: string }[] } }> };
    const { state, timeline } = rooms.join[roomId] as unknown as Record<string, { events: { type: string }[] }>;
    const types = [...state!.events, ...timeline!.events].map(({ type }) => type);
    expect(types).toContain('m.room.create');
    const next = sync.body['next_batch'] as string;
    expect(next).not.toBe(oldSyncToken);
    const again = `/_matrix/client/v3/sync?timeout=0&since=${next}`;
    expect((await http(restored!.url, 'GET', again, { token })).status).toBe(200);
  });

  it('goes on, and the bridge never gets an id it knows with other contents', async () => {
    for (const writer of writers) {
      const stored = (await history(restored!.url, writer)).length;
      const id = await send(restored!.url, writer, 'after-the-restore');
      expect(await history(restored!.url, writer)).toHaveLength(stored + 1);
      await bridge.until(() => bridge.events().some(({ event_id }) => event_id === id));
    }
    const contents = new Map<string, string>();
    for (const { txnId, events } of bridge.transactions) {
      const text = JSON.stringify(events.map(({ event_id }) => event_id));
      expect([txnId, contents.get(txnId) ?? text]).toEqual([txnId, text]);
      contents.set(txnId, text);
    }
    const before = new Set(bridge.transactions.slice(0, transactionsBefore).map(({ txnId }) => txnId));
    expect(bridge.transactions.slice(transactionsBefore).some(({ txnId }) => !before.has(txnId))).toBe(true);
  });
});
