import { requester } from '@ganglion/testing';
import { AuthUnderTest, refusal } from '../auth.fixture.js';
import { barrierAfter, member } from './fence-member.fixture.js';

describe('logging out', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
    for (const username of ['kermit', 'piggy', 'gonzo']) {
      await auth.register({ username, password: 'monkey', inhibit_login: true });
    }
  });
  afterAll(() => auth?.stop());

  const devicesOf = async (userId: string) =>
    (await auth.snapshot()).devices.filter(([owner]) => owner === userId).map(([, deviceId]) => deviceId);

  it('AUTH-136 ends one session and leaves the other', async () => {
    const phone = await auth.login('kermit', 'monkey', { device_id: 'PHONE' });
    const tablet = await auth.login('kermit', 'monkey', { device_id: 'TABLET' });
    expect(await auth.call('logout', { requester: await auth.requesterOf(phone) })).toEqual({ status: 200, body: {} });
    expect(await auth.isGood(phone.body['access_token'])).toBe(false);
    expect(await auth.isGood(tablet.body['access_token'])).toBe(true);
    expect(await devicesOf('@kermit:test')).toEqual(['TABLET']);
  });

  it('AUTH-137 ends all sessions of one user', async () => {
    const mine = [await auth.login('piggy', 'monkey'), await auth.login('piggy', 'monkey')];
    const other = await auth.login('gonzo', 'monkey');
    expect(await auth.call('logoutAll', { requester: await auth.requesterOf(mine[0]!) })).toEqual({
      status: 200,
      body: {},
    });
    for (const { body } of mine) expect(await auth.isGood(body['access_token'])).toBe(false);
    expect(await auth.isGood(other.body['access_token'])).toBe(true);
    expect(await devicesOf('@piggy:test')).toEqual([]);
  });

  it('is the same twice as once', async () => {
    const session = await auth.login('kermit', 'monkey');
    const caller = await auth.requesterOf(session);
    for (const route of ['logout', 'logout', 'logoutAll', 'logoutAll'] as const) {
      expect(await auth.call(route, { requester: caller })).toEqual({ status: 200, body: {} });
    }
  });

  it('means nothing for an application service that acts as no device', async () => {
    const bridge = requester('@ircbot:test', { appServiceId: 'irc', accessTokenId: null, deviceId: null });
    const answer = await auth.call('logout', { requester: bridge });
    expect(answer).toMatchObject(refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: false }));
  });

  it('AUTH-209 is answered only when whoever serves from a replica has heard of it', async () => {
    const session = await auth.login('gonzo', 'monkey', { device_id: 'PHONE' });
    const caller = await auth.requesterOf(session);
    const { logId, pos } = await auth.snapshot();
    const replica = { logId, pos };
    const asked = barrierAfter(auth, pos);
    const gateway = member(auth, () => replica);
    gateway.start();
    expect(await gateway.mayServeWithin(5_000)).toBe(true);

    let answered = false;
    const logout = auth.call('logout', { requester: caller }).finally(() => (answered = true));
    const barrier = await asked;
    expect(barrier).toBeGreaterThan(pos);
    expect(answered).toBe(false);
    replica.pos = barrier;
    gateway.appliedNow();
    expect((await logout).status).toBe(200);

    // A session on a new device has nothing to wait for; one that takes the place of another has.
    expect((await auth.login('gonzo', 'monkey', { device_id: 'OTHER' })).status).toBe(200);
    const askedAgain = barrierAfter(auth, barrier);
    answered = false;
    const replaced = auth.login('gonzo', 'monkey', { device_id: 'OTHER' }).finally(() => (answered = true));
    replica.pos = await askedAgain;
    expect(answered).toBe(false);
    gateway.appliedNow();
    expect((await replaced).status).toBe(200);
    gateway.stop();
  });
});
