import { eventually } from '@ganglion/testing';
import { http } from './harness/http.js';
import { KeepAliveClient } from './harness/keep-alive-client.js';
import {
  ask,
  logIn,
  messagesOf,
  newAdmin,
  newPerson,
  newRoom,
  roomPath,
  SECRET,
  shadowBanPath,
  type Person,
} from './harness/people.js';
import { roomsOwnedBy } from './harness/owned-by.js';
import { TestSystem } from './harness/system.js';

jest.setTimeout(120_000);

/** Issue 3: lease of 3 s and what belongs to it. */
const REVOKED_WITHIN_MS = 3_500;
const WHOAMI = '/_matrix/client/v3/account/whoami';
const LOGOUT = '/_matrix/client/v3/logout';

/** A process that stands still across a revocation and wakes up afterwards believing that no time has passed. */
describe('a frozen process', () => {
  let system: TestSystem;
  let admin: Person;
  const connections: KeepAliveClient[] = [];
  let people = 0;

  beforeAll(async () => {
    system = await TestSystem.start({ GANGLION_REGISTRATION_SHARED_SECRET: SECRET }, [], { replicas: 2 });
    admin = await newAdmin(system.url, 'root');
  });
  // Also after a failure: asleep they would fail whatever comes next.
  afterEach(async () => {
    for (const name of ['gateway-1', 'gateway-2', 'rooms-1', 'rooms-2']) await system?.thaw(name);
  });
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await system?.stop();
  });

  /** One kept connection, to the only gateway that takes one now: the others are frozen. */
  async function connect(): Promise<KeepAliveClient> {
    const connection = new KeepAliveClient(system.url);
    connections.push(connection);
    await eventually(async () => {
      expect((await connection.ask('GET', WHOAMI, undefined, admin.token)).status).toBe(200);
    });
    return connection;
  }

  /** @returns kept connections to the first gateway, while both run */
  async function connectToFirst(count: number): Promise<KeepAliveClient[]> {
    await system.freeze('gateway-2');
    const found: KeepAliveClient[] = [];
    while (found.length < count) found.push(await connect());
    await system.thaw('gateway-2');
    return found;
  }

  it('gateway serves nothing with a token that died meanwhile; the logout does not wait for it', async () => {
    const alice = await newPerson(system.url, 'alice');
    const [queued, parked] = (await connectToFirst(2)) as [KeepAliveClient, KeepAliveClient];
    const { next_batch: since } = (await parked.ask('GET', '/_matrix/client/v3/sync', undefined, alice.token)).body;
    const waiting = parked.ask(
      'GET',
      `/_matrix/client/v3/sync?timeout=60000&since=${String(since)}`,
      undefined,
      alice.token,
    );
    // An answer tells that the gateway has read what came before it on another connection, too.
    expect((await queued.ask('GET', WHOAMI, undefined, alice.token)).status).toBe(200);

    await system.freeze('gateway-1');
    const other = await connect();
    const late = queued.ask('GET', WHOAMI, undefined, alice.token);
    const startedMs = performance.now();
    expect((await other.ask('POST', LOGOUT, undefined, alice.token)).status).toBe(200);
    expect(performance.now() - startedMs).toBeLessThan(REVOKED_WITHIN_MS);
    expect((await other.ask('GET', WHOAMI, undefined, alice.token)).status).toBe(401);

    await system.thaw('gateway-1');
    for (const { status } of await Promise.all([late, waiting])) expect([401, 503]).toContain(status);
    const seen: number[] = [];
    await eventually(async () => {
      seen.push((await queued.ask('GET', WHOAMI, undefined, alice.token)).status);
      expect(seen.at(-1)).toBe(401);
    });
    expect(seen.filter((status) => ![401, 503].includes(status))).toEqual([]);
    // Whoever is still logged in is served there again.
    await eventually(async () => expect((await queued.ask('GET', WHOAMI, undefined, admin.token)).status).toBe(200));
  });

  it.each(['rooms-1', 'rooms-2'])('%s stores nothing of a user who was shadow-banned meanwhile', async (name) => {
    const [troll, witness] = await newPeople();
    await staysOut(name, troll, witness, (url) =>
      ask(url, 'POST', shadowBanPath(troll.userId), { token: admin.token }),
    );
  });

  it.each(['rooms-1', 'rooms-2'])('%s stores nothing of a session that ended meanwhile', async (name) => {
    const [alice, witness] = await newPeople();
    const token = await logIn(system.url, alice);
    await staysOut(name, { ...alice, token }, witness, (url) => ask(url, 'POST', LOGOUT, { token, body: {} }));
  });

  async function newPeople(): Promise<[Person, Person]> {
    const n = ++people;
    return [await newPerson(system.url, `troll${n}`), await newPerson(system.url, `witness${n}`)];
  }

  /**
   * Freezes one of the rooms processes, sends into rooms that are its own, and revokes. The requests wait in the frozen
   * process; whoever takes its rooms over may have answered some of them before the revocation. What it has not must not come
   * to anything when the process wakes up, and nothing may happen a second time.
   */
  async function staysOut(name: string, sender: Person, witness: Person, revoke: (url: string) => Promise<unknown>) {
    const roomIds = await roomsOf(name, sender, witness);
    await system.freeze(name);
    const answered = new Map<string, number>();
    const sends = roomIds.map(async (roomId) => {
      const body = { msgtype: 'm.text', body: 'too late' };
      const path = roomPath(roomId, '/send/m.room.message/late');
      const { status } = await http(system.url, 'PUT', path, { token: sender.token, body });
      answered.set(roomId, status);
    });
    const startedMs = performance.now();
    await revoke(system.url);
    expect(performance.now() - startedMs).toBeLessThan(REVOKED_WITHIN_MS);
    const before = new Map(answered);
    await system.thaw(name);
    await Promise.all(sends);
    for (const roomId of roomIds) {
      const stored = (await messagesOf(system.url, witness, roomId)).filter(
        ({ content }) => content.body === 'too late',
      );
      // Once, if whoever took the room over was told of the revocation only after it had answered.
      expect(stored.length).toBeLessThanOrEqual(before.get(roomId) === 200 ? 1 : 0);
    }
    // Its rooms are well, whoever has them now.
    const path = roomPath(roomIds[0]!, '/send/m.room.message/after');
    const after = { token: witness.token, body: { msgtype: 'm.text', body: 'after' } };
    await eventually(() => ask(system.url, 'PUT', path, after));
  }

  /** Some rooms that this process owns; it may have to get its share back first. */
  async function roomsOf(name: string, sender: Person, witness: Person): Promise<string[]> {
    const all: string[] = [];
    const own = await eventually(async () => {
      all.push(await newRoom(system.url, sender));
      const found = await roomsOwnedBy(system, name, all);
      expect(found.length).toBeGreaterThan(2);
      return found;
    }, 30_000);
    for (const roomId of own)
      await ask(system.url, 'POST', roomPath(roomId, '/join'), { token: witness.token, body: {} });
    return own;
  }
});
