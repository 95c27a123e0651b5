import type { AuthEvent } from '@ganglion/contracts';
import { hashToken } from '@ganglion/requester';
import { FakeSystem } from '../fake-system.fixture.js';

let system: FakeSystem;
let admin: string;
let alice: string;
beforeAll(async () => {
  system = await FakeSystem.start();
  admin = await system.user('@admin:test', { admin: true });
  alice = await system.user('@alice:test');
});
afterAll(() => system.stop());
beforeEach(() => system.handlers.clear());

const C3 = '/_matrix/client/v3';
const WHOAMI = `${C3}/account/whoami`;
const verdict = async (path: string, init: Parameters<FakeSystem['fetch']>[1] = {}) => {
  const reply = await system.fetch(path, init);
  return [reply.status, reply.status < 400 ? 'ok' : reply.json()['errcode']];
};
/** A handler that answers when told; `called` resolves when it has been asked. */
function held() {
  let release!: (body?: unknown) => void;
  let ask!: () => void;
  const called = new Promise<void>((resolve) => (ask = resolve));
  const answer = new Promise((resolve) => (release = (body = {}) => resolve({ body })));
  const handler = () => {
    ask();
    return answer;
  };
  return { handler, called, release };
}

describe('who may call what', () => {
  it('CLI-015 no token, a bad one, one in two places', async () => {
    expect(await verdict(WHOAMI)).toEqual([401, 'M_MISSING_TOKEN']);
    expect(await verdict(WHOAMI, { token: 'nonsense' })).toEqual([401, 'M_UNKNOWN_TOKEN']);
    expect(await verdict(`${WHOAMI}?access_token=${alice}`)).toEqual([200, 'ok']);
    expect(await verdict(`${WHOAMI}?access_token=${alice}`, { token: alice })).toEqual([401, 'M_MISSING_TOKEN']);
  });

  it('routes without authentication do not look at tokens', async () => {
    expect(await verdict(`${C3}/login`, { token: 'nonsense' })).toEqual([200, 'ok']);
    expect(system.callsOf('auth qry:loginFlows').at(-1)).toMatchObject({ requester: null });
  });

  it('AUTH-036 guests may use what is marked for them', async () => {
    const guest = await system.user('@1:test', { guest: true });
    expect(await verdict(`${C3}/rooms/!r:test/state`, { token: guest })).toEqual([200, 'ok']);
    expect(await verdict(`${C3}/joined_rooms`, { token: guest })).toEqual([403, 'M_GUEST_ACCESS_FORBIDDEN']);
  });

  it('the admin API: admin first, then whether the user is ours, then the method', async () => {
    const of = (userId: string) => `/_synapse/admin/v1/users/${encodeURIComponent(userId)}/shadow_ban`;
    const as = (method: string, token?: string) => ({ method, ...(token ? { token } : {}) });
    expect(await verdict(of('@x:remote'), as('POST'))).toEqual([401, 'M_MISSING_TOKEN']);
    expect(await verdict(of('@x:remote'), as('POST', 'bad'))).toEqual([401, 'M_UNKNOWN_TOKEN']);
    for (const method of ['POST', 'GET']) {
      expect(await verdict(of('@x:remote'), as(method, alice))).toEqual([403, 'M_FORBIDDEN']);
      expect(await verdict(of('@x:remote'), as(method, admin))).toEqual([400, 'M_INVALID_PARAM']);
      expect(await verdict(of('nobody'), as(method, admin))).toEqual([400, 'M_INVALID_PARAM']);
    }
    expect(await verdict(of('@x:test'), as('GET', admin))).toEqual([405, 'M_UNRECOGNIZED']);
    expect(await verdict(of('@x:test'), as('POST', admin))).toEqual([200, 'ok']);
  });

  it('whois of a remote user with the wrong method is 400, not 405', async () => {
    const whois = (userId: string) => `/_synapse/admin/v1/whois/${encodeURIComponent(userId)}`;
    expect(await verdict(whois('@x:remote'), { method: 'POST', token: admin })).toEqual([400, 'M_INVALID_PARAM']);
    expect(await verdict(whois('@x:test'), { method: 'POST', token: admin })).toEqual([405, 'M_UNRECOGNIZED']);
  });

  it('AUTH-038 an appservice token is its sender, from where it may come from', async () => {
    const registration = {
      asId: 'bridge',
      sender: '@bot:test',
      namespaces: { users: [{ exclusive: true, regex: '@irc_.*' }], aliases: [], rooms: [] },
      rateLimited: false,
      protocols: [],
      hasUrl: true,
    };
    await system.appservice({ ...registration, asTokenHash: hashToken('as_here'), ipRangeWhitelist: ['127/8'] });
    await system.appservice({
      ...registration,
      asId: 'far',
      asTokenHash: hashToken('as_far'),
      ipRangeWhitelist: ['192.168/16'],
    });
    await system.until(async () => (await system.fetch(WHOAMI, { token: 'as_here' })).status === 200);
    const { text } = await system.fetch(WHOAMI, { token: 'as_here' });
    expect(text).toBe('{"user_id":"@bot:test","is_guest":false}');
    expect(await verdict(`${WHOAMI}?user_id=@alice:test`, { token: 'as_here' })).toEqual([403, 'M_FORBIDDEN']);
    expect(await verdict(`${WHOAMI}?device_id=X`, { token: 'as_here' })).toEqual([400, 'M_UNKNOWN_DEVICE']);
    expect(await verdict(WHOAMI, { token: 'as_far' })).toEqual([401, 'M_UNKNOWN_TOKEN']);
  });
});

describe('tokens that the replica does not hold', () => {
  it('are asked of auth once, and never again when they are none', async () => {
    const invented = system.mint();
    const asked = () => system.callsOf('auth qry:token').filter(({ tokenHash }) => tokenHash === hashToken(invented));
    const several = await Promise.all(Array.from({ length: 5 }, () => verdict(WHOAMI, { token: invented })));
    expect(several).toEqual(Array(5).fill([401, 'M_UNKNOWN_TOKEN']));
    expect(await verdict(WHOAMI, { token: invented })).toEqual([401, 'M_UNKNOWN_TOKEN']);
    expect(asked()).toHaveLength(1);
  });

  it('are waited for when they are newer than the replica', async () => {
    const newer = system.mint();
    system.on('auth qry:token', async () => {
      // Auth has it; its frame is still on its way.
      void system.auth(system.issued(newer, '@alice:test', 'NEW'));
      return { token: { tokenHash: hashToken(newer) }, users: [], pos: system.logs.auth.head() };
    });
    const reply = await system.fetch(WHOAMI, { token: newer });
    expect(reply.json()).toMatchObject({ user_id: '@alice:test', device_id: 'NEW' });
  });

  it('AUTH-040 are answered 503 while auth cannot be asked', async () => {
    system.on('auth qry:token', async () => {
      throw new Error('down');
    });
    const reply = await system.fetch(WHOAMI, { token: system.mint() });
    expect([reply.status, reply.json()['errcode']]).toEqual([503, 'M_UNKNOWN']);
    expect(reply.headers.get('retry-after')).toBe('1');
    expect(reply.json()['retry_after_ms']).toBe(1_000);
  });

  it('are answered 503 while auth knows them and the replica still does not', async () => {
    const lagging = system.mint();
    system.on('auth qry:token', async () => ({
      token: { tokenHash: hashToken(lagging) },
      users: [],
      pos: system.logs.auth.head(),
    }));
    expect(await verdict(WHOAMI, { token: lagging })).toEqual([503, 'M_UNKNOWN']);
    expect(await verdict(WHOAMI, { token: lagging })).toEqual([503, 'M_UNKNOWN']); // and is not remembered as none
  });

  it('cost nothing when their checksum is wrong', async () => {
    const before = system.calls.length;
    const wrong = `${system.mint().slice(0, -1)}!`;
    expect(await verdict(WHOAMI, { token: wrong })).toEqual([401, 'M_UNKNOWN_TOKEN']);
    expect(system.calls.slice(before).filter(({ what }) => what === 'auth qry:token')).toEqual([]);
  });
});

describe('when a revocation is in force', () => {
  it('the token is unknown, and auth is not asked about it', async () => {
    const token = await system.user('@r1:test');
    await system.revoke(token, '@r1:test');
    const before = system.callsOf('auth qry:token').length;
    expect(await verdict(WHOAMI, { token })).toEqual([401, 'M_UNKNOWN_TOKEN']);
    expect(system.callsOf('auth qry:token')).toHaveLength(before);
  });

  it('requests under way have ended with what a new call would get', async () => {
    const token = await system.user('@r2:test');
    const { handler, called, release } = held();
    system.on('rooms qry:joinedRooms', handler);
    const underWay = verdict(`${C3}/joined_rooms`, { token });
    await called;
    await system.revoke(token, '@r2:test');
    expect(await underWay).toEqual([401, 'M_UNKNOWN_TOKEN']);
    release();
  });

  it('so have those of a deactivated account, and nobody else’s', async () => {
    const [gone, stays] = [await system.user('@r3:test'), await system.user('@r4:test')];
    const { handler, called, release } = held();
    system.on('rooms qry:joinedRooms', handler);
    const [cut, kept] = [
      verdict(`${C3}/joined_rooms`, { token: gone }),
      verdict(`${C3}/joined_rooms`, { token: stays }),
    ];
    await called;
    await system.until(() => system.callsOf('rooms qry:joinedRooms').length >= 3);
    const event: AuthEvent = { type: 'account.deactivated', data: { userId: '@r3:test', erase: false, byAdmin: true } };
    await system.auth(event);
    await system.inForce('auth');
    expect(await cut).toEqual([401, 'M_UNKNOWN_TOKEN']);
    release();
    expect(await kept).toEqual([200, 'ok']);
  });

  it('a body that is still arriving is not acted upon', async () => {
    const token = await system.user('@r5:test');
    const body = bodyAround(async () => {
      await system.until(async () => (await live()) > 0);
      await system.revoke(token, '@r5:test');
    });
    const init = { method: 'PUT', token, ...body };
    expect(await verdict(`${C3}/rooms/!r5:test/send/m.x/1`, init)).toEqual([401, 'M_UNKNOWN_TOKEN']);
    expect(
      system.callsOf('rooms cmd:sendEvent').map(({ params }) => (params as { roomId: string }).roomId),
    ).not.toContain('!r5:test');
  });

  it('a body that never arrives is not waited for', async () => {
    const token = await system.user('@r8:test');
    const head = `PUT ${C3}/rooms/!r8:test/send/m.x/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
    const reply = system.raw(`${head}Content-Length: 100\r\n\r\n{"a":`, { hangUp: true });
    await system.until(async () => (await live()) > 0);
    await system.revoke(token, '@r8:test');
    expect(await reply).toMatch(/^HTTP\/1\.1 401 [^]*M_UNKNOWN_TOKEN/);
  });

  it('what its sender lost while a body arrived counts, also where the session ends itself', async () => {
    const token = await system.user('@r9:test');
    const isSeen = () => system.callsOf('accounting cmd:sight').some(({ userId }) => userId === '@r9:test');
    const body = bodyAround(async () => {
      await system.until(isSeen);
      await system.revoke(token, '@r9:test');
    });
    const before = system.callsOf('auth cmd:logout').length;
    expect(await verdict(`${C3}/logout`, { method: 'POST', token, ...body })).toEqual([401, 'M_UNKNOWN_TOKEN']);
    expect(system.callsOf('auth cmd:logout')).toHaveLength(before);
  });

  it('a shadow-ban that came while a body arrived travels with it', async () => {
    const token = await system.user('@r10:test');
    const body = bodyAround(async () => {
      await system.until(async () => (await live()) > 0);
      await system.logs.moderation.append('user-r10', {
        type: 'user.shadow_banned',
        data: {
          subject: { kind: 'user', id: '@r10:test' },
          causeKey: 'admin',
          scope: 'server',
          origin: 'admin',
          frozenProfile: {},
        },
      });
      await system.inForce('moderation');
    });
    expect(await verdict(`${C3}/rooms/!r10:test/send/m.x/1`, { method: 'PUT', token, ...body })).toEqual([200, 'ok']);
    expect(system.callsOf('rooms cmd:sendEvent').at(-1)).toMatchObject({
      params: { roomId: '!r10:test' },
      requester: { userId: '@r10:test', shadowBanned: true },
    });
  });

  it('whoever is no admin any more gets nothing that only admins get', async () => {
    const token = await system.user('@r11:test', { admin: true });
    const { handler, called, release } = held();
    system.on('accounting cmd:mau', handler);
    system.on('rooms qry:joinedRooms', handler);
    const underWay = verdict('/_ganglion/admin/v1/accounting/mau', { token });
    await called;
    const ordinary = verdict(`${C3}/joined_rooms`, { token });
    await system.until(() => system.callsOf('rooms qry:joinedRooms').some(isOf('@r11:test')));
    await system.auth({ type: 'account.admin_set', data: { userId: '@r11:test', value: false } });
    await system.inForce('auth');
    expect(await underWay).toEqual([403, 'M_FORBIDDEN']);
    release();
    expect(await ordinary).toEqual([200, 'ok']); // what everybody may goes on
  });

  it('AUTH-051 a shadow-ban travels with the next request, and its end too', async () => {
    const token = await system.user('@r6:test');
    const seen = async () => {
      await system.fetch(`${C3}/joined_rooms`, { token });
      return (system.callsOf('rooms qry:joinedRooms').at(-1)!['requester'] as { shadowBanned: boolean }).shadowBanned;
    };
    const subject = { kind: 'user', id: '@r6:test' } as const;
    await system.logs.moderation.append('user-r6', {
      type: 'user.shadow_banned',
      data: { subject, causeKey: 'admin', scope: 'server', origin: 'admin', frozenProfile: {} },
    });
    await system.inForce('moderation');
    expect(await seen()).toBe(true);
    await system.logs.moderation.append('user-r6', {
      type: 'user.shadow_ban_lifted',
      data: { subject, causeKey: 'admin', reverses: 'x', causesLeft: 0, release: 'none' },
    });
    await system.inForce('moderation');
    expect(await seen()).toBe(false);
  });

  it('whoever logs out learns that it worked', async () => {
    const token = await system.user('@r7:test');
    system.on('auth cmd:logout', async () => {
      await system.revoke(token, '@r7:test');
      return { body: {} };
    });
    expect(await verdict(`${C3}/logout`, { method: 'POST', token })).toEqual([200, 'ok']);
    expect(await verdict(WHOAMI, { token })).toEqual([401, 'M_UNKNOWN_TOKEN']);
  });
});

async function live(): Promise<number> {
  const { text } = await system.fetch('/_ganglion/metrics', { token: admin });
  return Number(/^ganglion_gateway_live\{.*\} (\d+)$/m.exec(text)![1]) - 1; // the question itself is one
}

/** A body of which half is sent before something happens, and half after it. */
function bodyAround(event: () => Promise<void>): RequestInit {
  const body = new ReadableStream<Uint8Array>({
    async start(sender) {
      sender.enqueue(Buffer.from('{"a":'));
      await event();
      sender.enqueue(Buffer.from('1}'));
      sender.close();
    },
  });
  return { body, duplex: 'half' } as RequestInit;
}

function isOf(userId: string) {
  return ({ requester }: Record<string, unknown>) => (requester as { userId: string }).userId === userId;
}
