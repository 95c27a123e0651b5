import {
  loginBody,
  messagesOf,
  newAdmin,
  newPerson,
  newRoom,
  roomPath,
  SECRET,
  shadowBanPath,
  type Person,
} from './harness/people.js';
import { isSuccess, SteadyLoad, type Probe } from './harness/steady-load.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(240_000);

/**
 * Who holds a fence comes before the members of that fence: a new holder waits for every member that the one before may have
 * had, also for one that was killed within the last half minute. That would be two faults at once.
 */
const APPS = ['moderation', 'auth', 'accounting', 'appservice', 'rooms', 'gateway'];
const ROOMS = 8;
/** Issue 3: after kill -9 of any owner. */
const BACK_WITHIN_MS = 5_000;

/** What an operator may do to a running system, two processes of each app, without losing anything that was acknowledged. */
describe('Ganglion holds', () => {
  let system: TestSystem;
  let admin: Person;
  let visitors: Person[];
  let writers: (Person & { roomId: string })[];
  let loads = 0;
  let load: SteadyLoad;

  beforeAll(async () => {
    const cheap = { MEMORY_KIB: '1024', ITERATIONS: '1' };
    const env = { GANGLION_REGISTRATION_SHARED_SECRET: SECRET };
    for (const [name, value] of Object.entries(cheap)) {
      Object.assign(env, { [`GANGLION_AUTH__PASSWORD_CONFIG__ARGON2__${name}`]: value });
    }
    system = await TestSystem.start(env, [], { replicas: 2 });
    admin = await newAdmin(system.url, 'root');
    visitors = await Promise.all([0, 1, 2, 3].map((n) => newPerson(system.url, `visitor${n}`)));
    writers = await Promise.all(
      Array.from({ length: ROOMS }, async (_, n) => {
        const writer = await newPerson(system.url, `writer${n}`);
        return { ...writer, roomId: await newRoom(system.url, writer) };
      }),
    );
  });
  afterAll(() => system?.stop());
  // Also after a failure: a load that goes on would keep the process alive.
  afterEach(() => load?.stop());

  /** Something small of every app, all the time; of the sharded ones so much that every owner has something to do. */
  function startLoad(): SteadyLoad {
    const name = `load-${++loads}`;
    const { token } = admin;
    const get = (path: string) => () => ({ method: 'GET' as const, path });
    const probes: Probe[] = [
      ...writers.map((writer, n) => ({ name: `rooms ${n}`, token: writer.token, request: sends(writer.roomId, name) })),
      ...visitors.map((visitor, n) => ({ name: `moderation ${n}`, token, request: bansAndLifts(visitor) })),
      {
        name: 'auth',
        request: () => ({ method: 'POST', path: '/_matrix/client/v3/login', body: loginBody('visitor0') }),
      },
      { name: 'accounting', token, request: get('/_ganglion/admin/v1/accounting/mau') },
      { name: 'appservice', token, request: get('/_ganglion/admin/v1/appservices') },
      { name: 'gateway', token, request: get('/_matrix/client/v3/account/whoami') },
    ];
    load = new SteadyLoad(system.url, probes);
    return load;
  }

  const sends = (roomId: string, name: string) => (n: number) => ({
    method: 'PUT' as const,
    path: roomPath(roomId, `/send/m.room.message/${name}-${n}`),
    body: { msgtype: 'm.text', body: `${name}-${n}` },
  });
  const bansAndLifts =
    ({ userId }: Person) =>
    (n: number) => ({ method: n % 2 === 0 ? ('POST' as const) : ('DELETE' as const), path: shadowBanPath(userId) });

  /** In each room every acknowledged event is there once, and after everything that was acknowledged before it was sent. */
  async function expectNothingLost(): Promise<void> {
    for (const [n, writer] of writers.entries()) {
      const stored = (await messagesOf(system.url, writer, writer.roomId)).map((event) => event.event_id);
      expect(new Set(stored).size).toBe(stored.length);
      const acknowledged = new Map(
        load.answers
          .get(`rooms ${n}`)!
          .filter(isSuccess)
          .map((one) => [one.eventId!, one]),
      );
      const found = stored.flatMap((id) => acknowledged.get(id) ?? []);
      expect(found).toHaveLength(acknowledged.size);
      let latestStartMs = 0;
      for (const { startedMs, endedMs } of found) {
        expect(endedMs).toBeGreaterThan(latestStartMs);
        latestStartMs = Math.max(latestStartMs, startedMs);
      }
    }
  }

  /** Failures are of these kinds only, and say when to come again. */
  function expectOnly(allowed: readonly number[]): void {
    const failed = [...load.answers.values()].flat().filter((answer) => !isSuccess(answer));
    expect(failed.map(({ status }) => status).filter((status) => !allowed.includes(status))).toEqual([]);
    for (const { status, retryAfter } of failed) if (status === 503) expect(retryAfter).toMatch(/^\d+$/);
  }

  it('a rolling restart of everything under load fails no request', async () => {
    startLoad();
    await load.more(5);
    const restarted = await system.restart();
    expect(restarted).toHaveLength(2 * APPS.length);
    await load.more(5);
    await load.stop();
    expect(load.failures()).toEqual({});
    await expectNothingLost();
  });

  it.each(APPS.flatMap((app) => [`${app}-1`, `${app}-2`]))(
    'kill -9 of %s under load: all is back in less than five seconds, and nothing is lost',
    async (name) => {
      startLoad();
      await load.more(5);
      const killedMs = performance.now();
      const pid = await system.kill(name, 'SIGKILL');
      await load.more(5);
      await system.untilReady(name, pid);
      await load.more(5);
      await load.stop();
      expect(load.gaps(killedMs, BACK_WITHIN_MS)).toEqual([]);
      expectOnly(name.startsWith('gateway') ? [503, 504, 0] : [503, 504]);
      await expectNothingLost();
    },
  );

  it.each(['nats', 'postgres'])('kill -9 of %s under load loses nothing that was acknowledged', async (name) => {
    startLoad();
    await load.more(5);
    const pid = await system.kill(name, 'SIGKILL');
    await system.untilReady(name, pid);
    await load.more(5);
    await load.stop();
    expectOnly([503, 504]);
    await expectNothingLost();
  });

  it('is ready again, and stops in good order', async () => {
    expect((await fetch(`${system.url}/_ganglion/health/ready`)).status).toBe(200);
    expect(await system.stop()).toBe(0);
  });
});
