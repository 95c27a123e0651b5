import type { Requester } from '@ganglion/contracts';
import { FixedClock } from '@ganglion/kernel';
import { requester } from '@ganglion/testing';
import { IRC } from '../accounts/registrations.fixture.js';
import { AuthUnderTest, refusal, type Answer } from '../auth.fixture.js';
import { begun, byPassword, confirmed } from '../uia/uia.fixture.js';

const OK = { status: 200, body: {} };

describe('devices', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
    for (const username of ['kermit', 'piggy', 'gonzo', 'rizzo']) {
      await auth.register({ username, password: 'monkey', inhibit_login: true });
    }
  });
  afterAll(() => auth?.stop());

  /** A session of that user, and who holds it. */
  const session = async (user: string, deviceId: string) => {
    const answer = await auth.login(user, 'monkey', { device_id: deviceId, initial_device_display_name: `${user}'s` });
    return { token: answer.body['access_token'], requester: await auth.requesterOf(answer) };
  };
  const idsOf = async ({ requester }: { requester: Requester }) => {
    const { body } = await auth.call('devices', { requester });
    return (body['devices'] as { device_id: string }[]).map(({ device_id: id }) => id);
  };
  const device = (deviceId: string) => ({ params: { deviceId } });

  it('AUTH-151 lists them, shows one, and knows no other', async () => {
    const { requester } = await session('kermit', 'PHONE');
    await session('kermit', 'TABLET');
    const phone = {
      user_id: '@kermit:test',
      device_id: 'PHONE',
      display_name: "kermit's",
      last_seen_ip: null,
      last_seen_ts: null,
    };
    const tablet = { ...phone, device_id: 'TABLET' };
    expect(await auth.call('devices', { requester })).toEqual({ status: 200, body: { devices: [phone, tablet] } });
    expect(await auth.call('device', { requester, ...device('PHONE') })).toEqual({ status: 200, body: phone });
    expect(await auth.call('device', { requester, ...device('NONE') })).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    const rename = { requester, ...device('NONE'), body: { display_name: 'x' } };
    expect(await auth.call('renameDevice', rename)).toMatchObject(refusal(404, 'M_NOT_FOUND'));
  });

  it('AUTH-152 takes another name, up to a length, and shows it at once', async () => {
    const { requester } = await session('kermit', 'PHONE');
    const rename = (body: object) => auth.call('renameDevice', { requester, ...device('PHONE'), body });
    const name = async () => (await auth.call('device', { requester, ...device('PHONE') })).body['display_name'];
    expect(await rename({ display_name: '🐸'.repeat(100) })).toEqual(OK);
    expect(await name()).toBe('🐸'.repeat(100));
    expect(await rename({ display_name: 'x'.repeat(101) })).toMatchObject(refusal(400, 'M_TOO_LARGE'));
    expect(await rename({ display_name: 'a\0b' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await rename({ display_name: 7 })).toMatchObject(refusal(400, 'M_BAD_JSON'));
    expect(await rename({})).toEqual(OK);
    expect(await rename({ display_name: null })).toEqual(OK);
    expect(await name()).toBe('🐸'.repeat(100));
  });

  it('AUTH-153 AUTH-123 are made, named and deleted by application services unasked', async () => {
    const body = { type: 'm.login.application_service', username: 'irc_bob', inhibit_login: true };
    await auth.call('register', { body, ...AuthUnderTest.asAppservice(IRC) });
    const bridge = requester('@irc_bob:test', { appServiceId: 'irc', accessTokenId: null, deviceId: null });
    const put = (deviceId: string) =>
      auth.call('renameDevice', { requester: bridge, ...device(deviceId), body: { display_name: 'Bridge' } });
    expect(await put('IRC')).toEqual({ status: 201, body: {} });
    expect(await put('IRC')).toEqual(OK);
    expect(await put('x'.repeat(513))).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await idsOf({ requester: bridge })).toEqual(['IRC']);
    expect(await auth.call('deleteDevice', { requester: bridge, ...device('IRC') })).toEqual(OK);
    expect(await idsOf({ requester: bridge })).toEqual([]);
    await put('A');
    await put('B');
    expect(await auth.call('deleteDevices', { requester: bridge, body: { devices: ['A', 'B'] } })).toEqual(OK);
    expect(await idsOf({ requester: bridge })).toEqual([]);
  });

  it('are not made by a sender without an account', async () => {
    const request = { ...AuthUnderTest.asAppservice(IRC), ...device('X'), body: {} };
    expect(await auth.call('renameDevice', request)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  describe('deleting one', () => {
    it('AUTH-112 AUTH-113 AUTH-155 asks for the password first, and then ends its session', async () => {
      const phone = await session('piggy', 'PHONE');
      const tablet = await session('piggy', 'TABLET');
      const request = { requester: phone.requester, ...device('TABLET') };
      const asked = await auth.call('deleteDevice', request);
      expect(asked).toEqual({
        status: 401,
        body: { session: expect.any(String), flows: [{ stages: ['m.login.password'] }], params: {} },
      });
      expect(await auth.isGood(tablet.token)).toBe(true);
      const auth_ = byPassword('piggy', 'monkey', asked.body['session']);
      expect(await auth.call('deleteDevice', { ...request, body: { auth: auth_ } })).toEqual(OK);
      expect(await auth.isGood(tablet.token)).toBe(false);
      expect(await auth.isGood(phone.token)).toBe(true);
      expect(await idsOf(phone)).toEqual(['PHONE']);
    });

    it('AUTH-113 understands what older clients send', async () => {
      const { requester } = await session('piggy', 'PHONE');
      const auth_ = { type: 'm.login.password', user: '@PIGGY:test', password: 'monkey' };
      const request = { requester, ...device('GONE'), body: { auth: auth_ } };
      expect(await auth.call('deleteDevice', request)).toEqual(OK);
    });

    it('may be done again with the session when the answer was lost', async () => {
      const { requester } = await session('piggy', 'PHONE');
      await session('piggy', 'TABLET');
      const request = { requester, ...device('TABLET') };
      const uia = await begun(auth, 'deleteDevice', request);
      expect(
        await auth.call('deleteDevice', { ...request, body: { auth: byPassword('piggy', 'monkey', uia) } }),
      ).toEqual(OK);
      expect(await auth.call('deleteDevice', { ...request, body: { auth: { session: uia } } })).toEqual(OK);
    });

    it('may be one’s own', async () => {
      const phone = await session('piggy', 'PHONE');
      expect(
        await confirmed(auth, 'deleteDevice', { requester: phone.requester, ...device('PHONE') }, 'monkey'),
      ).toEqual(OK);
      expect(await auth.isGood(phone.token)).toBe(false);
    });

    it('AUTH-115 takes a session for one device, not for another', async () => {
      const { requester } = await session('gonzo', 'PHONE');
      await session('gonzo', 'A');
      await session('gonzo', 'B');
      const uia = await begun(auth, 'deleteDevice', { requester, ...device('A') });
      const other = { requester, ...device('B'), body: { auth: byPassword('gonzo', 'monkey', uia) } };
      expect(await auth.call('deleteDevice', other)).toMatchObject(refusal(403, 'M_UNKNOWN'));
      const query = { requester, ...device('A'), query: { a: ['1'] } };
      expect(
        await auth.call('deleteDevice', { ...query, body: { auth: byPassword('gonzo', 'monkey', uia) } }),
      ).toMatchObject(refusal(403, 'M_UNKNOWN'));
      expect(await idsOf({ requester })).toEqual(['A', 'B', 'PHONE']);
    });

    it('takes no session of another user', async () => {
      const mine = await session('gonzo', 'PHONE');
      const theirs = await session('rizzo', 'PHONE');
      const uia = await begun(auth, 'deleteDevice', { requester: theirs.requester, ...device('PHONE') });
      const request = { requester: mine.requester, ...device('PHONE') };
      expect(
        await auth.call('deleteDevice', { ...request, body: { auth: byPassword('gonzo', 'monkey', uia) } }),
      ).toMatchObject(refusal(403, 'M_UNKNOWN'));
    });

    it('AUTH-118 is not confirmed by somebody else, right or wrong', async () => {
      const { requester } = await session('gonzo', 'PHONE');
      await session('gonzo', 'A');
      for (const password of ['monkey', 'wrong']) {
        const body = { auth: byPassword('rizzo', password) };
        expect(await auth.call('deleteDevice', { requester, ...device('A'), body })).toMatchObject(
          refusal(403, 'M_FORBIDDEN'),
        );
      }
      expect(await idsOf({ requester })).toContain('A');
    });

    it('AUTH-119 says what is wrong and lets one try again in the same session', async () => {
      const { requester } = await session('gonzo', 'PHONE');
      await session('gonzo', 'A');
      const request = { requester, ...device('A') };
      const uia = await begun(auth, 'deleteDevice', request);
      const wrong: Answer = await auth.call('deleteDevice', {
        ...request,
        body: { auth: byPassword('gonzo', 'donkey', uia) },
      });
      expect(wrong).toEqual({
        status: 401,
        body: {
          session: uia,
          flows: [{ stages: ['m.login.password'] }],
          params: {},
          completed: [],
          errcode: 'M_FORBIDDEN',
          error: expect.any(String),
        },
      });
      expect(
        await auth.call('deleteDevice', { ...request, body: { auth: byPassword('gonzo', 'monkey', uia) } }),
      ).toEqual(OK);
    });

    it.each([
      [{ type: 'm.login.password', password: 'monkey' }, 'M_INVALID_PARAM'],
      [{ type: 'm.login.password', user: 'gonzo' }, 'M_MISSING_PARAM'],
      [{ type: 'm.login.password', user: 'gonzo', password: 7 }, 'M_INVALID_PARAM'],
      [{ type: 'm.login.password', user: '@gonzo:elsewhere', password: 'monkey' }, 'M_FORBIDDEN'],
      [{ type: 'm.login.password', medium: 'email', address: 'g@x', password: 'monkey' }, 'M_FORBIDDEN'],
      [{ type: 'm.login.dummy' }, 'M_UNRECOGNIZED'],
    ])('is not confirmed by %j', async (wrong, errcode) => {
      const { requester } = await session('gonzo', 'PHONE');
      const answer = await auth.call('deleteDevice', { requester, ...device('PHONE'), body: { auth: wrong } });
      expect(answer).toMatchObject({ status: 401, body: { errcode, flows: [{ stages: ['m.login.password'] }] } });
    });

    it.each([
      [{ session: 'abcdefghijklmnopqrstuvwx' }, 'M_UNKNOWN'],
      ['x', 'M_BAD_JSON'],
    ])('refuses what brings %j', async (bad, errcode) => {
      const { requester } = await session('gonzo', 'PHONE');
      const answer = await auth.call('deleteDevice', { requester, ...device('PHONE'), body: { auth: bad } });
      expect(answer).toMatchObject(refusal(400, errcode));
    });

    it('happens for nobody whose session has ended meanwhile', async () => {
      const { requester } = await session('gonzo', 'PHONE');
      await session('gonzo', 'A');
      expect((await auth.call('logout', { requester })).status).toBe(200);
      expect(await confirmed(auth, 'deleteDevice', { requester, ...device('A') }, 'monkey')).toMatchObject(
        refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: false }),
      );
      expect(await idsOf({ requester })).toContain('A');
    });

    it('happens for nobody who has been locked meanwhile', async () => {
      const { requester } = await session('rizzo', 'PHONE');
      await session('rizzo', 'A');
      const subject = { kind: 'user', id: '@rizzo:test' } as const;
      await auth.moderationDecides({ type: 'user.locked', data: { subject, causeKey: 'admin' } });
      const locked = refusal(401, 'M_USER_LOCKED', { soft_logout: true });
      expect(await confirmed(auth, 'deleteDevice', { requester, ...device('A') }, 'monkey')).toMatchObject(locked);
      expect(await auth.call('renameDevice', { requester, ...device('A'), body: { display_name: 'x' } })).toMatchObject(
        locked,
      );
      await auth.moderationDecides({
        type: 'user.unlocked',
        data: { subject, causeKey: 'admin', reverses: 'x', causesLeft: 0 },
      });
      expect(await confirmed(auth, 'deleteDevice', { requester, ...device('A') }, 'monkey')).toEqual(OK);
    });
  });

  describe('deleting several', () => {
    it('AUTH-116 goes by the last body that came', async () => {
      const { requester } = await session('kermit', 'PHONE');
      for (const id of ['A', 'B', 'C']) await session('kermit', id);
      const uia = await begun(auth, 'deleteDevices', { requester, body: { devices: ['A'] } });
      const auth_ = byPassword('kermit', 'monkey', uia);
      expect(await auth.call('deleteDevices', { requester, body: { devices: ['B', 'NONE'], auth: auth_ } })).toEqual(
        OK,
      );
      expect(await idsOf({ requester })).toEqual(expect.arrayContaining(['A', 'C', 'PHONE']));
      expect(await idsOf({ requester })).not.toContain('B');
    });

    it('takes the body of before where none came', async () => {
      const { requester } = await session('kermit', 'PHONE');
      for (const id of ['A', 'B']) await session('kermit', id);
      const uia = await begun(auth, 'deleteDevices', { requester, body: { devices: ['A', 'B'] } });
      expect(
        await auth.call('deleteDevices', { requester, body: { auth: byPassword('kermit', 'monkey', uia) } }),
      ).toEqual(OK);
      const left = await idsOf({ requester });
      expect([left.includes('A'), left.includes('B'), left.includes('PHONE')]).toEqual([false, false, true]);
    });

    it.each([
      [{}, 'M_MISSING_PARAM'],
      [{ devices: 'A' }, 'M_BAD_JSON'],
      [{ devices: [1] }, 'M_BAD_JSON'],
    ])('refuses %j', async (body, errcode) => {
      const { requester } = await session('kermit', 'PHONE');
      expect(await auth.call('deleteDevices', { requester, body })).toMatchObject(refusal(400, errcode));
    });
  });
});

describe('deleting devices, otherwise configured', () => {
  const clock = new FixedClock();
  const started = async (env: Record<string, string>) => {
    const auth = await AuthUnderTest.start({ env, clock });
    await auth.register({ username: 'kermit', password: 'monkey', inhibit_login: true });
    return auth;
  };
  const DELETE = { params: { deviceId: 'A' } };

  it('AUTH-117 is not asked about for a while after a login and a confirmation', async () => {
    const auth = await started({ GANGLION_AUTH__UI_AUTH__SESSION_TIMEOUT: '5s' });
    const requester = await auth.requesterOf(await auth.login('kermit', 'monkey'));
    const del = () => auth.call('deleteDevice', { requester, ...DELETE });
    expect(await del()).toEqual(OK);
    clock.advance(6_000);
    expect((await del()).status).toBe(401);
    expect(await confirmed(auth, 'deleteDevice', { requester, ...DELETE }, 'monkey')).toEqual(OK);
    clock.advance(4_000);
    expect(await del()).toEqual(OK);
    clock.advance(1_000);
    expect((await del()).status).toBe(401);
    // What was confirmed a moment ago is still asked about where more is at stake.
    expect(await confirmed(auth, 'deleteDevice', { requester, ...DELETE }, 'monkey')).toEqual(OK);
    expect((await auth.call('deactivateAccount', { requester })).status).toBe(401);
    expect((await auth.call('changePassword', { requester, body: { new_password: 'x' } })).status).toBe(401);
    await auth.stop();
  });

  it('AUTH-120 limits wrong passwords per user, and then refuses the right one too', async () => {
    const auth = await started({
      GANGLION_AUTH__RC_LOGIN__FAILED_ATTEMPTS__PER_SECOND: '0.17',
      GANGLION_AUTH__RC_LOGIN__FAILED_ATTEMPTS__BURST_COUNT: '3',
    });
    const requester = await auth.requesterOf(await auth.login('kermit', 'monkey'));
    const del = (password: string) => confirmed(auth, 'deleteDevice', { requester, ...DELETE }, password);
    for (let nr = 1; nr <= 5; nr++) expect(await del('monkey')).toEqual(OK);
    for (let nr = 1; nr <= 3; nr++) expect((await del('wrong')).status).toBe(401);
    const fourth = await del('wrong');
    expect(fourth).toMatchObject(refusal(429, 'M_LIMIT_EXCEEDED'));
    expect(await del('monkey')).toMatchObject(refusal(429, 'M_LIMIT_EXCEEDED'));
    expect(await auth.call('deleteDevice', { requester, ...DELETE })).toMatchObject(refusal(429, 'M_LIMIT_EXCEEDED'));
    expect((await auth.login('kermit', 'monkey')).status).toBe(200); // another bucket
    clock.advance(fourth.body['retry_after_ms'] as number);
    expect(await del('monkey')).toEqual(OK);
    await auth.stop();
  });

  it('AUTH-120 limits guesses made at the same time as well', async () => {
    const auth = await started({
      GANGLION_AUTH__RC_LOGIN__FAILED_ATTEMPTS__PER_SECOND: '0.17',
      GANGLION_AUTH__RC_LOGIN__FAILED_ATTEMPTS__BURST_COUNT: '3',
    });
    const requester = await auth.requesterOf(await auth.login('kermit', 'monkey'));
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => confirmed(auth, 'deleteDevice', { requester, ...DELETE }, 'wrong')),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(5);
    await auth.stop();
  });

  it('AUTH-124 forgets a session after 48 hours', async () => {
    const auth = await started({});
    const requester = await auth.requesterOf(await auth.login('kermit', 'monkey'));
    const uia = await begun(auth, 'deleteDevice', { requester, ...DELETE });
    clock.advance(48 * 3_600_000);
    const body = { auth: byPassword('kermit', 'monkey', uia) };
    expect(await auth.call('deleteDevice', { requester, ...DELETE, body })).toMatchObject(refusal(400, 'M_UNKNOWN'));
    await auth.stop();
  });

  it('AUTH-114 takes passwords that open no session where they are for that alone', async () => {
    const auth = await started({ GANGLION_AUTH__PASSWORD_CONFIG__ENABLED: 'only_for_reauth' });
    expect(await auth.login('kermit', 'monkey')).toMatchObject(refusal(400, 'M_UNKNOWN'));
    expect((await auth.call('loginFlows')).body).toEqual({ flows: [{ type: 'm.login.application_service' }] });
    const registered = await auth.register({ username: 'piggy', password: 'monkey' });
    const requester = await auth.requesterOf(registered);
    expect(await confirmed(auth, 'deleteDevice', { requester, ...DELETE }, 'monkey')).toEqual(OK);
    await auth.stop();
  });

  it('offers no way to those without a token of their own, nor where passwords do not count', async () => {
    const auth = await started({});
    const guest = requester('@guest:test', { isGuest: true, accessTokenId: null });
    expect(await auth.call('deleteDevice', { requester: guest, ...DELETE })).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    await auth.stop();
    const without = await AuthUnderTest.start({ env: { GANGLION_AUTH__PASSWORD_CONFIG__ENABLED: 'false' }, clock });
    const alone = await without.requesterOf(await without.register({ username: 'kermit', password: 'monkey' }));
    const answer = await confirmed(without, 'deleteDevice', { requester: alone, ...DELETE }, 'monkey');
    expect(answer).toMatchObject({ status: 401, body: { flows: [], errcode: 'M_UNRECOGNIZED' } });
    await without.stop();
  });
});
