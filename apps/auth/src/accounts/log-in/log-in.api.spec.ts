import { FixedClock } from '@ganglion/kernel';
import { requester } from '@ganglion/testing';
import { AuthUnderTest, refusal } from '../../auth.fixture.js';
import { IRC, XMPP } from '../registrations.fixture.js';

describe('POST /login', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start({ env: { GANGLION_PUBLIC_BASEURL: 'https://matrix.test' } });
    await auth.register({ username: 'kermit', password: 'monkey', inhibit_login: true });
  });
  afterAll(() => auth?.stop());

  it('AUTH-057 offers passwords and application services', async () => {
    expect(await auth.call('loginFlows')).toEqual({
      status: 200,
      body: { flows: [{ type: 'm.login.password' }, { type: 'm.login.application_service' }] },
    });
  });

  it('AUTH-059 knows a user by full id, localpart and in the wrong case', async () => {
    for (const user of ['@kermit:test', 'kermit', '@KERMIT:test', 'Kermit']) {
      const answer = await auth.login(user, 'monkey');
      expect(answer).toEqual({
        status: 200,
        body: {
          user_id: '@kermit:test',
          home_server: 'test',
          access_token: expect.any(String),
          device_id: expect.stringMatching(/^[A-Z]{10}$/),
          well_known: { 'm.homeserver': { base_url: 'https://matrix.test' } },
        },
      });
      expect(await auth.isGood(answer.body['access_token'])).toBe(true);
    }
  });

  it('understands what older clients send', async () => {
    const body = { type: 'm.login.password', user: 'kermit', password: 'monkey' };
    expect((await auth.call('login', { body })).status).toBe(200);
  });

  it('AUTH-060 says the same of a user it does not know and of a wrong password', async () => {
    const wrong = await auth.login('kermit', 'donkey');
    expect(wrong).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    for (const user of ['nobody', '@kermit:elsewhere', '@', 'a\0b', 'x'.repeat(3_000)]) {
      expect(await auth.login(user, 'monkey')).toEqual(wrong);
    }
    expect(await auth.login('kermit', 'x'.repeat(100_000))).toEqual(wrong);
    const threepid = { type: 'm.id.thirdparty', medium: 'email', address: 'kermit@example.com' };
    const body = { type: 'm.login.password', identifier: threepid, password: 'monkey' };
    expect(await auth.call('login', { body })).toEqual(wrong);
  });

  it('AUTH-061 takes the device the client names', async () => {
    expect((await auth.login('kermit', 'monkey', { device_id: 'FROGFONE' })).body['device_id']).toBe('FROGFONE');
  });

  it('AUTH-062 refuses a device id that is too long, and makes no device', async () => {
    const answer = await auth.login('kermit', 'monkey', { device_id: 'x'.repeat(2048) });
    expect(answer).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    const { devices } = await auth.snapshot();
    expect(devices.filter(([, deviceId]) => deviceId.startsWith('xx'))).toEqual([]);
  });

  it('AUTH-079 revokes the earlier token of a device', async () => {
    const first = await auth.login('kermit', 'monkey', { device_id: 'TABLET' });
    const second = await auth.login('kermit', 'monkey', { device_id: 'TABLET' });
    expect(await auth.isGood(first.body['access_token'])).toBe(false);
    expect(await auth.isGood(second.body['access_token'])).toBe(true);
  });

  it.each([
    [{}, 400, 'M_MISSING_PARAM'],
    [{ type: 7 }, 400, 'M_INVALID_PARAM'],
    [{ type: 'm.login.telepathy' }, 400, 'M_UNKNOWN'],
    [{ type: 'm.login.token', token: 'x' }, 400, 'M_UNKNOWN'],
    [{ type: 'm.login.password', user: 'kermit', password: 'monkey', refresh_token: 'yes' }, 400, 'M_UNKNOWN'],
    [{ type: 'm.login.password', user: 'kermit', password: 7 }, 400, 'M_INVALID_PARAM'],
    [{ type: 'm.login.password', user: 'kermit' }, 400, 'M_INVALID_PARAM'],
    [{ type: 'm.login.password', password: 'monkey' }, 400, 'M_INVALID_PARAM'],
  ])('refuses %j', async (body, status, errcode) => {
    expect(await auth.call('login', { body })).toMatchObject(refusal(status, errcode));
  });

  it('does not mind a stray token', async () => {
    const stray = { requester: requester('@somebody:test') };
    expect((await auth.login('kermit', 'monkey', {}, stray)).status).toBe(200);
  });

  describe('of an application service', () => {
    const login = (user: string, registration = IRC) =>
      auth.call('login', {
        body: { type: 'm.login.application_service', identifier: { type: 'm.id.user', user } },
        ...AuthUnderTest.asAppservice(registration),
      });

    it('AUTH-068 opens a session for its user', async () => {
      const body = { type: 'm.login.application_service', username: 'irc_bob', inhibit_login: true };
      await auth.call('register', { body, ...AuthUnderTest.asAppservice(IRC) });
      for (const user of ['irc_bob', '@irc_bob:test']) {
        expect(await login(user)).toMatchObject({ status: 200, body: { user_id: '@irc_bob:test' } });
      }
    });

    it('AUTH-069 opens one for the sender, whom nobody has registered', async () => {
      const answer = await login('@ircbot:test');
      expect(answer).toMatchObject({ status: 200, body: { user_id: '@ircbot:test', home_server: 'test' } });
      expect(await auth.isGood(answer.body['access_token'])).toBe(true);
      expect((await login('ircbot')).status).toBe(200);
      const { users } = await auth.snapshot();
      expect(users).toContainEqual(expect.objectContaining({ userId: '@ircbot:test', appserviceId: 'irc' }));
    });

    it('AUTH-070 refuses users of others', async () => {
      for (const user of ['kermit', 'xmpp_bob', '@irc_bob:elsewhere']) {
        expect(await login(user)).toMatchObject(refusal(403, 'M_EXCLUSIVE'));
      }
    });

    it('refuses users that nobody has registered', async () => {
      expect(await login('irc_nobody')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    });

    it('AUTH-071 refuses without a token, and with a person’s', async () => {
      const body = { type: 'm.login.application_service', identifier: { type: 'm.id.user', user: 'irc_bob' } };
      expect(await auth.call('login', { body })).toMatchObject(refusal(401, 'M_MISSING_TOKEN'));
      const person = { body, requester: requester('@kermit:test') };
      expect(await auth.call('login', person)).toMatchObject(refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: false }));
    });

    it('AUTH-072 refuses a service that manages its devices itself', async () => {
      expect(await login('xmpp_bob', XMPP)).toMatchObject(refusal(400, 'M_APPSERVICE_LOGIN_UNSUPPORTED'));
    });
  });
});

describe('POST /login, otherwise configured', () => {
  it('AUTH-078 offers no passwords where they are disabled', async () => {
    const auth = await AuthUnderTest.start({ env: { GANGLION_AUTH__PASSWORD_CONFIG__ENABLED: 'false' } });
    expect(await auth.login('kermit', 'monkey')).toMatchObject(refusal(400, 'M_UNKNOWN'));
    const { body } = await auth.call('loginFlows');
    expect(body).toEqual({ flows: [{ type: 'm.login.application_service' }] });
    await auth.stop();
  });

  describe('with limits', () => {
    const clock = new FixedClock();
    const limit = { PER_SECOND: '0.17', BURST_COUNT: '5' };
    const wide = { PER_SECOND: '1000000', BURST_COUNT: '1000000' };
    const env = (limits: Record<string, Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(limits).flatMap(([name, rule]) =>
          Object.entries(rule).map(([key, value]) => [`GANGLION_AUTH__RC_LOGIN__${name}__${key}`, value]),
        ),
      );
    const started = async (limits: Record<string, Record<string, string>>) => {
      const auth = await AuthUnderTest.start({ env: env(limits), clock });
      for (let nr = 1; nr <= 6; nr++) {
        await auth.register({ username: `user${nr}`, password: 'monkey', inhibit_login: true });
      }
      return auth;
    };
    const expectLimited = (answer: { body: Record<string, unknown> }) => {
      expect(answer).toMatchObject(refusal(429, 'M_LIMIT_EXCEEDED'));
      expect(answer.body['retry_after_ms']).toBeGreaterThan(0);
      expect(answer.body['retry_after_ms']).toBeLessThan(6_000);
    };

    it('AUTH-063 limits an address', async () => {
      const auth = await started({ ADDRESS: limit });
      for (let nr = 1; nr <= 5; nr++) expect((await auth.login(`user${nr}`, 'monkey')).status).toBe(200);
      const sixth = await auth.login('user6', 'monkey');
      expectLimited(sixth);
      expect((await auth.login('user6', 'monkey', {}, { clientIp: '192.0.2.2' })).status).toBe(200);
      clock.advance(sixth.body['retry_after_ms'] as number);
      expect((await auth.login('user6', 'monkey')).status).toBe(200);
      await auth.stop();
    });

    it('AUTH-064 limits an account', async () => {
      const auth = await started({ ACCOUNT: limit, ADDRESS: wide });
      for (let nr = 1; nr <= 5; nr++) expect((await auth.login('user1', 'monkey')).status).toBe(200);
      const sixth = await auth.login('USER1', 'monkey');
      expectLimited(sixth);
      expect((await auth.login('user2', 'monkey')).status).toBe(200);
      clock.advance(sixth.body['retry_after_ms'] as number);
      expect((await auth.login('user1', 'monkey')).status).toBe(200);
      await auth.stop();
    });

    it('AUTH-065 limits wrong passwords; AUTH-066 and then refuses the right one too', async () => {
      const auth = await started({ FAILED_ATTEMPTS: limit });
      for (let nr = 1; nr <= 8; nr++) expect((await auth.login('user1', 'monkey')).status).toBe(200);
      for (let nr = 1; nr <= 5; nr++) expect((await auth.login('user1', 'wrong')).status).toBe(403);
      const sixth = await auth.login('user1', 'wrong');
      expectLimited(sixth);
      expectLimited(await auth.login('@User1:test', 'monkey'));
      clock.advance(sixth.body['retry_after_ms'] as number);
      expect(await auth.login('user1', 'wrong')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
      await auth.stop();
    });

    it('AUTH-065 limits guesses made at the same time as well', async () => {
      const auth = await started({ FAILED_ATTEMPTS: limit });
      const answers = await Promise.all(Array.from({ length: 12 }, () => auth.login('user1', 'wrong')));
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(5);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
      await auth.stop();
    });
  });
});
