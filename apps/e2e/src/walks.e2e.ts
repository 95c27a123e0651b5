import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tok } from '@ganglion/contracts';
import { TestAppservice } from './harness/appservice.js';
import { ChildScript } from './harness/child-process.js';
import { http } from './harness/http.js';
import { TestSystem } from './harness/system.js';

const SECRET = 'the shared secret of this test';
jest.setTimeout(120_000);

interface TimelineEvent {
  roomId: string;
  event_id: string;
  type: string;
  sender: string;
  content: { body?: string };
}

/** The first session of a newcomer: unmodified clients, a bridge, an admin tool and somebody else's service. */
describe.each([
  ['two processes of every app', ['--replicas=2']],
  ['one process', ['--single']],
])('Ganglion walks, %s', (_name, args) => {
  const bridge = new TestAppservice();
  let system: TestSystem;
  let alice: ChildScript;
  let bob: ChildScript;
  let subscriber: ChildScript;
  let adminToken: string;
  let aliceToken: string;
  let roomId: string;
  let first: { event_id: string };

  beforeAll(async () => {
    await bridge.start();
    system = await TestSystem.start(
      {
        GANGLION_REGISTRATION_SHARED_SECRET: SECRET,
        GANGLION_APPSERVICE_CONFIG_FILES: bridge.registrationFile,
        GANGLION_ACCOUNTING__MAU_STATS_ONLY: 'true',
      },
      args,
    );
    const { nats } = await system.run();
    subscriber = new ChildScript('nats-subscriber.mjs', [nats.subscriber.url, 'moderation.user.shadow_banned.*']);
    await subscriber.hears('up');
    [alice, bob] = [new ChildScript('js-sdk-client.mjs'), new ChildScript('js-sdk-client.mjs')];
  });

  afterAll(async () => {
    for (const client of [alice, bob, subscriber]) client?.stop();
    bridge.stop();
    await system?.stop();
  });

  it('registers two users with matrix-js-sdk and logs them in', async () => {
    for (const [client, username] of [
      [alice, 'alice'],
      [bob, 'bob'],
    ] as const) {
      const session = { baseUrl: system.url, username, password: `a long password of ${username}` };
      const { flows } = await client.call<{ flows: unknown }>('register', session);
      expect(flows).toEqual([{ stages: ['m.login.dummy'] }]);
      const { userId, deviceId, accessToken } = await client.call<Record<string, string>>('login', session);
      if (client === alice) aliceToken = accessToken!;
      expect(userId).toBe(`@${username}:localhost`);
      expect(await client.call('whoami')).toMatchObject({ user_id: userId, device_id: deviceId, is_guest: false });
      await client.call('start');
      await client.hears('sync', ({ state }) => state === 'SYNCING');
    }
  });

  it('creates a room, invites, joins: each sees the other by sync', async () => {
    const created = await alice.call<{ room_id: string }>('createRoom', { name: 'Ganglia', preset: 'private_chat' });
    roomId = created.room_id;
    await alice.call('invite', { roomId, userId: '@bob:localhost' });
    await bob.hears('membership', ({ userId, membership }) => userId === '@bob:localhost' && membership === 'invite');
    expect(await bob.call('join', { roomId })).toEqual({ roomId });
    await alice.hears('membership', ({ userId, membership }) => userId === '@bob:localhost' && membership === 'join');
    expect(Object.keys(await alice.call('members', { roomId })).sort()).toEqual(['@alice:localhost', '@bob:localhost']);
  });

  it('delivers a message to the other user by sync', async () => {
    first = await alice.call('send', { roomId, body: 'hello bob', txnId: 'one' });
    const received = await bob.hears<TimelineEvent>('timeline', ({ event_id }) => event_id === first.event_id);
    expect(received).toMatchObject({
      type: 'm.room.message',
      sender: '@alice:localhost',
      content: { body: 'hello bob' },
    });
  });

  it('sends nothing twice when a client repeats a transaction', async () => {
    // Past the SDK, which itself refuses to use a transaction id again as long as it remembers it.
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/one`;
    const again = { token: aliceToken, body: { msgtype: 'm.text', body: 'hello bob' } };
    expect(await http(system.url, 'PUT', path, again)).toMatchObject({ status: 200, body: first });
  });

  it('lets an appservice register a user of its namespace, join, and receive each event exactly once', async () => {
    const as = { token: bridge.asToken };
    const ghost = await http(system.url, 'POST', '/_matrix/client/v3/register', {
      ...as,
      body: { type: 'm.login.application_service', username: 'bridge_carol' },
    });
    expect(ghost).toMatchObject({ status: 200, body: { user_id: '@bridge_carol:localhost' } });
    await alice.call('invite', { roomId, userId: '@bridge_carol:localhost' });
    const joinPath = `/_matrix/client/v3/join/${encodeURIComponent(roomId)}?user_id=@bridge_carol:localhost`;
    expect(await http(system.url, 'POST', joinPath, { ...as, body: {} })).toMatchObject({ status: 200 });

    const sent = await bob.call<{ event_id: string }>('send', { roomId, body: 'to the bridge', txnId: 'b1' });
    await bridge.until(() => bridge.events().some(({ event_id }) => event_id === sent.event_id));
    const copies = bridge.events().filter(({ event_id }) => event_id === sent.event_id);
    expect(copies).toEqual([
      expect.objectContaining({
        room_id: roomId,
        sender: '@bob:localhost',
        content: { msgtype: 'm.text', body: 'to the bridge' },
      }),
    ]);
    expect(new Set(bridge.transactions.map(({ authorization }) => authorization))).toEqual(
      new Set([`Bearer ${bridge.hsToken}`]),
    );
    expect(bridge.events().map(({ event_id }) => event_id)).not.toContain(first.event_id); // before it had an interest
  });

  it('makes the first admin by the shared secret', async () => {
    const { body } = await http(system.url, 'GET', '/_synapse/admin/v1/register');
    const nonce = body['nonce'] as string;
    const mac = createHmac('sha1', SECRET).update(`${nonce}\0root\0a long password of root\0admin`).digest('hex');
    const made = await http(system.url, 'POST', '/_synapse/admin/v1/register', {
      body: { nonce, username: 'root', password: 'a long password of root', admin: true, mac },
    });
    expect(made).toMatchObject({ status: 200, body: { user_id: '@root:localhost' } });
    adminToken = made.body['access_token'] as string;
  });

  it('counts who was active, for the admin only', async () => {
    const path = '/_ganglion/admin/v1/accounting/mau';
    expect((await http(system.url, 'GET', path)).status).toBe(401);
    const { accessToken } = await bob.call<{ accessToken: string }>('login', {
      baseUrl: system.url,
      username: 'bob',
      password: 'a long password of bob',
    });
    expect(await http(system.url, 'GET', path, { token: accessToken })).toMatchObject({
      status: 403,
      body: { errcode: 'M_FORBIDDEN' },
    });
    expect(await http(system.url, 'GET', path, { token: adminToken })).toMatchObject({
      status: 200,
      body: { enabled: true, current: 3 },
    });
    const whois = await http(system.url, 'GET', '/_matrix/client/v3/admin/whois/@alice:localhost', {
      token: adminToken,
    });
    expect(JSON.stringify(whois.body['devices'])).toContain('"ip":"127.0.0.1"');
  });

  it('a shadow-ban is in force when it is answered, looks like success, and is told to other services', async () => {
    await bob.call('start');
    const ban = `/_synapse/admin/v1/users/${encodeURIComponent('@alice:localhost')}/shadow_ban`;
    expect(await http(system.url, 'POST', ban, { token: adminToken })).toMatchObject({ status: 200, body: {} });
    const hidden = await alice.call<{ event_id: string }>('send', { roomId, body: 'can you read this?', txnId: 'two' });
    expect(hidden.event_id).toMatch(/^\$[A-Za-z0-9_-]{43}$/);
    // What bob sends afterwards arrives after it would have.
    const marker = await bob.call<{ event_id: string }>('send', { roomId, body: 'after', txnId: 'b2' });
    await bob.hears<TimelineEvent>('timeline', ({ event_id }) => event_id === marker.event_id);
    await bridge.until(() => bridge.events().some(({ event_id }) => event_id === marker.event_id));
    expect(JSON.stringify(bob.told)).not.toContain('can you read this?');
    expect(JSON.stringify(bridge.transactions)).not.toContain('can you read this?');

    const told = await subscriber.hears<{ subject: string; body: Record<string, unknown> }>('message');
    expect(told.subject).toBe(`moderation.user.shadow_banned.${tok('@alice:localhost')}`);
    expect(told.body).toMatchObject({
      type: 'user.shadow_banned',
      v: 1,
      subject: { kind: 'user', id: '@alice:localhost' },
    });
  });

  it('lifting it makes the next message visible, and does not bring back the hidden one', async () => {
    const ban = `/_synapse/admin/v1/users/${encodeURIComponent('@alice:localhost')}/shadow_ban`;
    expect(await http(system.url, 'DELETE', ban, { token: adminToken })).toMatchObject({ status: 200, body: {} });
    const shown = await alice.call<{ event_id: string }>('send', { roomId, body: 'back again', txnId: 'three' });
    await bob.hears<TimelineEvent>('timeline', ({ event_id }) => event_id === shown.event_id);
    expect(JSON.stringify(bob.told)).not.toContain('can you read this?');
  });

  it('logs out: the token is dead when it is answered', async () => {
    const { accessToken } = await alice.call<{ accessToken: string }>('login', {
      baseUrl: system.url,
      username: 'alice',
      password: 'a long password of alice',
    });
    await alice.call('logout');
    expect(await http(system.url, 'GET', '/_matrix/client/v3/account/whoami', { token: accessToken })).toMatchObject({
      status: 401,
      body: { errcode: 'M_UNKNOWN_TOKEN', soft_logout: false },
    });
  });

  it('keeps secrets out of the logs', () => {
    const secrets = [SECRET, bridge.asToken, bridge.hsToken, adminToken, 'a long password of alice'];
    const folder = join(system.dataDir, 'logs');
    const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
    expect(logs.length).toBeGreaterThan(0);
    for (const name of logs) {
      const log = readFileSync(join(folder, name), 'utf8');
      for (const secret of secrets) expect(log).not.toContain(secret);
    }
  });
});
