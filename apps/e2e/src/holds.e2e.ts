import { http } from './harness/http.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(240_000);

interface Outcome {
  status: number;
  eventId: string | undefined;
  retryAfter: string | null;
}

/** Writers who send one message after the other and keep every answer. */
class Load {
  readonly outcomes: Outcome[][];
  private readonly running: Promise<void>[];
  private stopped = false;

  constructor(
    private readonly url: string,
    writers: { token: string; roomId: string }[],
    private readonly name: string,
  ) {
    this.outcomes = writers.map(() => []);
    this.running = writers.map((writer, i) => this.write(writer, this.outcomes[i]!));
  }

  acknowledged(writer: number): string[] {
    return this.outcomes[writer]!.filter(({ status }) => status === 200).map(({ eventId }) => eventId!);
  }

  total(): number {
    return this.outcomes.reduce((sum, outcomes) => sum + outcomes.filter(({ status }) => status === 200).length, 0);
  }

  /** Waits until so many more were acknowledged, so that a fault hits a system at work. */
  async more(count: number): Promise<void> {
    const goal = this.total() + count;
    while (this.total() < goal && !this.stopped) await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async write({ token, roomId }: { token: string; roomId: string }, outcomes: Outcome[]): Promise<void> {
    for (let n = 0; !this.stopped; n++) outcomes.push(await this.send(token, roomId, `${this.name}-${n}`));
  }

  private async send(token: string, roomId: string, txnId: string): Promise<Outcome> {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${txnId}`;
    try {
      const answer = await http(this.url, 'PUT', path, { token, body: { msgtype: 'm.text', body: txnId } });
      const eventId = answer.body['event_id'] as string | undefined;
      return { status: answer.status, eventId, retryAfter: answer.headers.get('retry-after') };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50)); // the gateway itself was gone; a client would wait, too
      return { status: 0, eventId: undefined, retryAfter: null };
    }
  }
}

/** What an operator may do to a running system without losing anything that was acknowledged. */
describe('Ganglion holds', () => {
  const WRITERS = 6;
  let system: TestSystem;
  let writers: { token: string; roomId: string }[];

  beforeAll(async () => {
    system = await TestSystem.start();
    writers = await Promise.all(
      Array.from({ length: WRITERS }, async (_, i) => {
        const credentials = { username: `writer${i}`, password: 'a long password', auth: { type: 'm.login.dummy' } };
        const account = await http(system.url, 'POST', '/_matrix/client/v3/register', { body: credentials });
        const token = account.body['access_token'] as string;
        const room = await http(system.url, 'POST', '/_matrix/client/v3/createRoom', { token, body: {} });
        return { token, roomId: room.body['room_id'] as string };
      }),
    );
  });
  afterAll(() => system?.stop());
  let load: Load;
  // Also after a failure: writers that go on would keep the process alive.
  afterEach(() => load?.stop());

  /** Everything of the room, oldest first, page by page. */
  async function history({ token, roomId }: { token: string; roomId: string }): Promise<string[]> {
    const ids: string[] = [];
    for (let from: string | undefined = ''; from !== undefined;) {
      const path: string = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=500${from ? `&from=${from}` : ''}`;
      const page = await http(system.url, 'GET', path, { token });
      expect(page.status).toBe(200);
      const chunk = page.body['chunk'] as { event_id: string; type: string }[];
      ids.push(...chunk.filter(({ type }) => type === 'm.room.message').map((event) => event.event_id));
      from = chunk.length === 0 ? undefined : (page.body['end'] as string | undefined);
    }
    return ids;
  }

  /** Per room: every acknowledged event is there once, in the order of its acknowledgement. */
  async function expectNothingLost(load: Load, allowed: number[]): Promise<void> {
    const statuses = new Set(load.outcomes.flat().map(({ status }) => status));
    expect([...statuses].filter((status) => ![200, ...allowed].includes(status))).toEqual([]);
    for (const { status, retryAfter } of load.outcomes.flat()) if (status === 503) expect(retryAfter).toMatch(/^\d+$/);
    for (const [i, writer] of writers.entries()) {
      const stored = await history(writer);
      expect(new Set(stored).size).toBe(stored.length);
      const acknowledged = load.acknowledged(i);
      expect(stored.filter((id) => acknowledged.includes(id))).toEqual(acknowledged);
    }
  }

  it.each(['rooms', 'auth', 'moderation', 'accounting', 'appservice'])(
    'a %s that is stopped in good order under load fails no request',
    async (name) => {
      load = new Load(system.url, writers, `stop-${name}`);
      await load.more(50);
      const pid = await system.kill(name, 'SIGTERM');
      await system.untilReady(name, pid);
      await load.more(50);
      await load.stop();
      await expectNothingLost(load, []);
    },
  );

  it.each(['rooms', 'auth', 'moderation', 'gateway', 'appservice', 'accounting', 'nats', 'postgres'])(
    'kill -9 of %s under load loses nothing that was acknowledged',
    async (name) => {
      load = new Load(system.url, writers, `kill-${name}`);
      await load.more(50);
      const pid = await system.kill(name, 'SIGKILL');
      await system.untilReady(name, pid);
      await load.more(50);
      await load.stop();
      await expectNothingLost(load, name === 'gateway' ? [503, 504, 0] : [503, 504]);
    },
  );

  it('is ready again, and stops in good order', async () => {
    const ready = await fetch(`${system.url}/_ganglion/health/ready`);
    expect(ready.status).toBe(200);
    expect(await system.stop()).toBe(0);
  });
});
