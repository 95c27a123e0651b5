import { routes, type ModerationEvent, type Requester, type Route } from '@ganglion/contracts';
import { hashToken } from '@ganglion/requester';
import { emptySync, FakeSystem } from '../fake-system.fixture.js';

let system: FakeSystem;
let admin: string;
beforeAll(async () => {
  system = await FakeSystem.start();
  admin = await system.user('@admin:test', { admin: true });
});
afterAll(() => system?.stop());
beforeEach(() => system.handlers.clear());

const C3 = '/_matrix/client/v3';
const WHOAMI = `${C3}/account/whoami`;
const LOCKED = [401, 'M_USER_LOCKED', true];

const verdict = async (path: string, init: Parameters<FakeSystem['fetch']>[1] = {}) => {
  const reply = await system.fetch(path, init);
  const body = reply.json();
  return reply.status < 400 ? [reply.status] : [reply.status, body['errcode'], body['soft_logout']];
};
/** Decided by moderation, and in force when this returns. */
async function decide(type: ModerationEvent['type'], userId: string): Promise<void> {
  const data = { subject: { kind: 'user', id: userId }, causeKey: 'admin', reverses: 'x', causesLeft: 0 };
  await system.logs.moderation.append('user-x', { type, data });
  await system.inForce('moderation');
}
/** An empty sync, which waits. @returns resolves when it is parked */
async function parkedSync(token: string): Promise<{ answer: Promise<unknown> }> {
  system.on('rooms cmd:sync', async () => emptySync(['!r:test'], 1));
  const before = await parked();
  const answer = verdict(`${C3}/sync?timeout=30000&since=s1_1`, { token });
  await system.until(async () => (await parked()) > before);
  return { answer };
}
async function parked(): Promise<number> {
  const { text } = await system.fetch('/_ganglion/metrics', { token: admin });
  return Number(/^ganglion_gateway_parked\{.*\} (\d+)$/m.exec(text)![1]);
}

describe('a locked account', () => {
  it('AUTH-048 is refused everywhere, and goes on with the same token when it is unlocked', async () => {
    const token = await system.user('@l1:test');
    await decide('user.locked', '@l1:test');
    for (const path of [WHOAMI, `${C3}/sync?timeout=0`, `${C3}/joined_rooms`, `${C3}/devices`, `${C3}/capabilities`]) {
      expect(await verdict(path, { token })).toEqual(LOCKED);
    }
    expect(await verdict(`${C3}/rooms/!r:test/send/m.x/1`, { method: 'PUT', token, body: '{}' })).toEqual(LOCKED);
    await decide('user.unlocked', '@l1:test');
    expect(await verdict(WHOAMI, { token })).toEqual([200]);
  });

  it('AUTH-047 MOD-159 can log out, and ask what the server speaks', async () => {
    const token = await system.user('@l2:test');
    await decide('user.locked', '@l2:test');
    for (const path of ['/logout', '/logout/all']) {
      expect(await verdict(C3 + path, { method: 'POST', token })).toEqual([200]);
    }
    expect(await verdict('/_matrix/client/versions', { token })).toEqual([200]);
  });

  it('has ended what it had parked, with what a new call gets; MOD-168 others have not', async () => {
    const [locked, other] = [await system.user('@l3:test'), await system.user('@l4:test')];
    const ends = await parkedSync(locked);
    const stays = await parkedSync(other);
    await decide('user.locked', '@l3:test');
    expect(await ends.answer).toEqual(LOCKED);
    expect(await parked()).toBe(1);
    await decide('user.locked', '@l4:test');
    expect(await stays.answer).toEqual(LOCKED);
  });

  it('MOD-165 parks nothing any more when it was locked a moment before', async () => {
    const token = await system.user('@l5:test');
    let computing!: () => void;
    const asked = new Promise<void>((resolve) => (computing = resolve));
    let go!: () => void;
    const wait = new Promise<void>((resolve) => (go = resolve));
    system.on('rooms cmd:sync', async () => {
      computing();
      await wait;
      return emptySync(['!r:test'], 1);
    });
    const answer = verdict(`${C3}/sync?timeout=30000&since=s1_1`, { token });
    await asked;
    await decide('user.locked', '@l5:test');
    go();
    expect(await answer).toEqual(LOCKED);
    expect(await parked()).toBe(0);
  });

  it('AUTH-190 is refused as the owner of a token that acts as another, and as that other', async () => {
    await system.user('@l6:test');
    await system.user('@l7:test');
    const puppet = system.mint();
    await system.auth(system.issued(puppet, '@l6:test', null, '@l7:test'));
    await system.inForce('auth');
    expect(await verdict(WHOAMI, { token: puppet })).toEqual([200]);
    await decide('user.locked', '@l6:test');
    expect(await verdict(WHOAMI, { token: puppet })).toEqual(LOCKED);
    await decide('user.unlocked', '@l6:test');
    await decide('user.locked', '@l7:test');
    expect(await verdict(WHOAMI, { token: puppet })).toEqual(LOCKED);
  });

  it('AUTH-030 is nobody that an application service can act as', async () => {
    await system.user('@irc_bob:test');
    await system.appservice({
      asId: 'irc',
      sender: '@ircbot:test',
      asTokenHash: hashToken('as_irc'),
      namespaces: { users: [{ exclusive: true, regex: '@irc_.*' }], aliases: [], rooms: [] },
      rateLimited: false,
      ipRangeWhitelist: null,
      protocols: [],
      hasUrl: true,
    });
    const asBob = () => verdict(`${WHOAMI}?user_id=@irc_bob:test`, { token: 'as_irc' });
    await system.until(async () => (await asBob())[0] === 200);
    await decide('user.locked', '@irc_bob:test');
    expect(await asBob()).toEqual(LOCKED);
    await system.auth({ type: 'account.deactivated', data: { userId: '@irc_bob:test', erase: false, byAdmin: false } });
    await system.inForce('auth');
    await decide('user.unlocked', '@irc_bob:test');
    expect(await asBob()).toEqual([403, 'M_USER_DEACTIVATED', undefined]);
  });
});

it('a suspension travels with the next request and refuses nothing here, and so does its end', async () => {
  const token = await system.user('@s1:test');
  const seen = async () => {
    expect(await verdict(`${C3}/joined_rooms`, { token })).toEqual([200]);
    return (system.callsOf('rooms qry:joinedRooms').at(-1)!['requester'] as Requester).suspended;
  };
  expect(await seen()).toBe(false);
  await decide('user.suspended', '@s1:test');
  expect(await seen()).toBe(true);
  await decide('user.unsuspended', '@s1:test');
  expect(await seen()).toBe(false);
});

it('a suspension ends nothing that is parked', async () => {
  const token = await system.user('@s2:test');
  const { answer } = await parkedSync(token);
  await decide('user.suspended', '@s2:test');
  expect(await parked()).toBe(1);
  await decide('user.locked', '@s2:test');
  expect(await answer).toEqual(LOCKED);
});

const endsItself = Object.values(routes).filter(({ revokesCaller }) => revokesCaller);
it.each(endsItself.map((route): [string, Route] => [route.name, route]))(
  'whoever ends their own session by %s learns that it worked',
  async (name, { method, paths }) => {
    const userId = `@self-${name.toLowerCase()}:test`;
    const token = await system.user(userId);
    system.on(`auth cmd:${name}`, async () => {
      await system.revoke(token, userId);
      return { body: {} };
    });
    const path = paths[0]!.replace('{deviceId}', 'DEVICE');
    expect(await verdict(path, { method, token, body: '{"devices":["DEVICE"]}' })).toEqual([200]);
    expect(await verdict(WHOAMI, { token })).toEqual([401, 'M_UNKNOWN_TOKEN', false]);
  },
);
