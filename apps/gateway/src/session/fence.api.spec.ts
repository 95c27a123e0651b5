import { FakeSystem } from '../fake-system.fixture.js';

const WHOAMI = '/_matrix/client/v3/account/whoami';

describe('a gateway whose fence does not hold', () => {
  it('answers 503 and not 401, says why, and recovers by itself', async () => {
    // Short enough to see a lease end; no grace, as with clustered NATS.
    const system = await FakeSystem.start({
      GANGLION_FENCE__LEASE_MS: '500',
      GANGLION_FENCE__RENEW_EVERY_MS: '100',
      GANGLION_FENCE__WRITER_ABSENT_GRACE_MS: '0',
    });
    try {
      const token = await system.user('@a:test');
      system.stopFence('auth');
      await system.until(async () => (await system.fetch(WHOAMI, { token })).status === 503);
      const refused = await system.fetch(WHOAMI, { token });
      expect([refused.status, refused.json()['errcode'], refused.headers.get('retry-after')]).toEqual([
        503,
        'M_UNKNOWN',
        '1',
      ]);
      expect(refused.json()['retry_after_ms']).toBe(1_000);
      expect((await system.fetch(WHOAMI)).status).toBe(401); // nobody to be wrong about
      expect((await system.fetch('/_matrix/client/versions')).status).toBe(200);
      const login = { method: 'POST', body: '{}' };
      expect((await system.fetch('/_matrix/client/v3/login', login)).status).toBe(200);
      expect((await system.fetch('/_matrix/client/v3/login', { ...login, token })).status).toBe(200);
      const [without, withToken] = system.callsOf('auth cmd:login');
      expect(without).toMatchObject({ requester: null });
      expect(without).not.toHaveProperty('tokenProblem');
      expect(withToken).toMatchObject({
        requester: null,
        tokenProblem: { status: 503, body: { errcode: 'M_UNKNOWN', retry_after_ms: 1_000 } },
      });
      const ready = await system.fetch('/_ganglion/health/ready');
      expect([ready.status, ready.json()]).toEqual([
        503,
        { ready: false, problems: ['the fence of auth does not hold: its newest state is not known here'] },
      ]);
      await system.startFence('auth');
      await system.until(async () => (await system.fetch(WHOAMI, { token })).status === 200);
    } finally {
      await system.stop();
    }
  }, 60_000);

  it('takes back an answer that came too late', async () => {
    const system = await FakeSystem.start({
      GANGLION_FENCE__LEASE_MS: '500',
      GANGLION_FENCE__RENEW_EVERY_MS: '100',
      GANGLION_FENCE__WRITER_ABSENT_GRACE_MS: '0',
    });
    try {
      const token = await system.user('@a:test');
      system.on('rooms qry:joinedRooms', async () => {
        system.stopFence('moderation');
        await system.until(async () => (await system.fetch('/_ganglion/health/ready')).status === 503);
        return { body: { joined_rooms: ['!secret:test'] } };
      });
      const reply = await system.fetch('/_matrix/client/v3/joined_rooms', { token });
      expect([reply.status, reply.json()['errcode']]).toEqual([503, 'M_UNKNOWN']);
    } finally {
      await system.stop();
    }
  }, 60_000);
});
