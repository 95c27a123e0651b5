import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { http } from './harness/http.js';
import { KeepAliveClient } from './harness/keep-alive-client.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(300_000);

interface Person {
  token: string;
  roomId: string;
}

/** Clients who ask without a pause on connections that stay; every answer and every request that got none is kept. */
class Load {
  readonly statuses: number[] = [];
  readonly unanswered: string[] = [];
  closes = 0;
  private readonly running: Promise<void>[];
  private stopped = false;

  /** @param send  what a client asks the nth time */
  constructor(
    url: string,
    people: Person[],
    private readonly send: (person: Person, client: KeepAliveClient, n: number) => ReturnType<KeepAliveClient['ask']>,
  ) {
    this.running = people.map((person) => this.run(person, new KeepAliveClient(url, person.token)));
  }

  async more(count: number): Promise<void> {
    const goal = this.statuses.length + count;
    while (this.statuses.length < goal && this.unanswered.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async run(person: Person, client: KeepAliveClient): Promise<void> {
    for (let n = 0; !this.stopped; n++) {
      try {
        const { status, closes } = await this.send(person, client, n);
        this.statuses.push(status);
        if (closes) this.closes += 1;
      } catch (error) {
        this.unanswered.push((error as Error).message);
        break;
      }
    }
    client.close();
  }
}

/** What an operator does to a server that people use. */
describe('a rolling restart of two of everything', () => {
  let system: TestSystem;
  let people: Person[];
  let load: Load | undefined;

  beforeAll(async () => {
    system = await TestSystem.start({}, [], { replicas: 2 });
    people = await Promise.all(
      Array.from({ length: 4 }, async (_, i) => {
        const credentials = { username: `user${i}`, password: 'a long password', auth: { type: 'm.login.dummy' } };
        const account = await http(system.url, 'POST', '/_matrix/client/v3/register', { body: credentials });
        const token = account.body['access_token'] as string;
        const room = await http(system.url, 'POST', '/_matrix/client/v3/createRoom', { token, body: {} });
        return { token, roomId: room.body['room_id'] as string };
      }),
    );
  });
  afterEach(() => load?.stop());
  afterAll(() => system?.stop());

  it('of the gateways answers every request that was sent, on connections that stay', async () => {
    load = new Load(system.url, people, (_, client) => client.ask('GET', '/_matrix/client/v3/account/whoami'));
    await load.more(100);
    const restarted = await system.restart(['gateway']);
    await load.more(100);
    await load.stop();
    expect(load.unanswered).toEqual([]);
    expect(new Set(load.statuses)).toEqual(new Set([200]));
    expect(restarted.map(({ instance }) => instance)).toEqual(['gateway-1', 'gateway-2']);
    expect(load.closes).toBeGreaterThan(0); // those who had a connection to one that ended were told so
  });

  it('of the gateways gives those who wait in a sync the answer they have', async () => {
    const { token } = people[0]!;
    const first = await http(system.url, 'GET', '/_matrix/client/v3/sync', { token });
    const since = first.body['next_batch'] as string;
    // One connection each, so that both gateways have some.
    const clients = Array.from({ length: 12 }, () => new KeepAliveClient(system.url, token));
    const polls = clients.map((client) => client.ask('GET', `/_matrix/client/v3/sync?since=${since}&timeout=120000`));
    await parked(system, clients.length);
    await system.restart(['gateway']);
    for (const poll of await Promise.all(polls)) {
      expect(poll).toMatchObject({ status: 200, closes: true, body: { next_batch: expect.any(String) } });
    }
    for (const client of clients) client.close();
  });

  it('is what the command does, and its status shows every process', async () => {
    const env = { PATH: process.env['PATH'], GANGLION_DATA_DIR: system.dataDir, GANGLION_PROFILE: 'test' };
    const ganglion = (...args: string[]) =>
      new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
        const bin = join(__dirname, '../../cli/bin/ganglion.mjs');
        execFile(process.execPath, [bin, ...args], { env }, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
        );
      });
    const before = (await system.run()).apps['rooms-2']!.pid;
    const restarted = await ganglion('restart', '--rolling', 'rooms-2');
    const { pid } = (await system.run()).apps['rooms-2']!;
    expect(pid).not.toBe(before);
    expect(restarted).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(`^rooms-2 serves again \\(pid ${pid}\\)`),
    });
    const wrong = await ganglion('restart', 'rooms-3');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('"rooms-3". There is auth-1, auth-2') });
    const { stdout } = await ganglion('status', '--json');
    const { apps } = JSON.parse(stdout) as { apps: Record<string, { state: string; leader: boolean; shards: number }> };
    expect(Object.keys(apps)).toHaveLength(12);
    expect(Object.values(apps).map(({ state }) => state)).toEqual(Array(12).fill('ready'));
    expect([apps['rooms-1']!.leader, apps['rooms-2']!.leader].filter(Boolean)).toHaveLength(1);
    expect(apps['rooms-1']!.shards + apps['rooms-2']!.shards).toBe(64);
  });
});

/** Waits until the gateways hold so many waiting syncs between them. */
async function parked(system: TestSystem, count: number): Promise<void> {
  for (;;) {
    const { apps } = await system.run();
    const figures = await Promise.all(
      ['gateway-1', 'gateway-2'].map(async (name) => {
        const text = await (await fetch(`http://127.0.0.1:${apps[name]!.healthPort}/metrics`)).text();
        return Number(/^ganglion_gateway_parked\S* (\d+)$/m.exec(text)![1]);
      }),
    );
    if (figures.reduce((sum, each) => sum + each, 0) === count) return;
  }
}
