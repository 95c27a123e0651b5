import { subjects } from '@ganglion/contracts';
import { FixedClock } from '@ganglion/kernel';
import { AuthUnderTest, refusal } from '../../auth.fixture.js';

describe('POST /register', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
  });
  afterAll(() => auth?.stop());

  it('AUTH-080 asks for the dummy stage', async () => {
    const { status, body } = await auth.call('register');
    expect(status).toBe(401);
    expect(body).toEqual({
      session: expect.stringMatching(/^[A-Za-z]{24}$/),
      flows: [{ stages: ['m.login.dummy'] }],
      params: {},
    });
  });

  it('AUTH-081 makes an account and a session in one request', async () => {
    const answer = await auth.register({ username: 'kermit', password: 'monkey', device_id: 'frogfone' });
    expect(answer).toEqual({
      status: 200,
      body: {
        user_id: '@kermit:test',
        home_server: 'test',
        device_id: 'frogfone',
        access_token: expect.stringMatching(/^gat_/),
      },
    });
    expect(await auth.isGood(answer.body['access_token'])).toBe(true);
  });

  it('makes no session where none is wanted', async () => {
    expect(await auth.register({ username: 'quiet', password: 'monkey', inhibit_login: true })).toEqual({
      status: 200,
      body: { user_id: '@quiet:test', home_server: 'test' },
    });
    expect((await auth.login('quiet', 'monkey')).status).toBe(200);
  });

  it('invents a number for whoever asks for no name', async () => {
    const { body } = await auth.register({ password: 'monkey' });
    expect(body['user_id']).toMatch(/^@\d{10}:test$/);
  });

  it('AUTH-082 lower-cases the name', async () => {
    expect((await auth.register({ username: 'user-UPPER', password: 'monkey' })).body['user_id']).toBe(
      '@user-upper:test',
    );
  });

  it('AUTH-083 refuses symbols, accepts some', async () => {
    for (const symbol of '!":?\\@[]{}£é\'|\n') {
      const answer = await auth.register({ username: `user-${symbol}-x`, password: 'monkey' });
      expect(answer).toMatchObject(refusal(400, 'M_INVALID_USERNAME'));
    }
    for (const symbol of 'q3._=-/') {
      expect((await auth.register({ username: `user-${symbol}-x`, password: 'monkey' })).status).toBe(200);
    }
  });

  it('AUTH-084 refuses a name that is taken, in whatever case', async () => {
    await auth.register({ username: 'taken', password: 'monkey' });
    for (const username of ['taken', 'TAKEN']) {
      expect(await auth.register({ username, password: 'monkey' })).toMatchObject(refusal(400, 'M_USER_IN_USE'));
      const available = await auth.call('registerAvailable', { query: { username: [username] } });
      expect(available).toMatchObject(refusal(400, 'M_USER_IN_USE'));
    }
    const free = await auth.call('registerAvailable', { query: { username: ['free'] } });
    expect(free).toEqual({ status: 200, body: { available: true } });
  });

  it('says what is wrong with a name that is asked about', async () => {
    const about = (query: Record<string, string[]>) => auth.call('registerAvailable', { query });
    expect(await about({})).toMatchObject(refusal(400, 'M_MISSING_PARAM'));
    expect(await about({ username: ['a b'] })).toMatchObject(refusal(400, 'M_INVALID_USERNAME'));
    expect(await about({ username: ['irc_bob'] })).toMatchObject(refusal(400, 'M_EXCLUSIVE'));
  });

  it('AUTH-086 refuses what is no text', async () => {
    const password = await auth.register({ username: 'kermit2', password: 666 });
    expect(password).toMatchObject(refusal(400, 'M_BAD_JSON', { error: 'Invalid password' }));
    const username = await auth.register({ username: 777, password: 'monkey' });
    expect(username).toMatchObject(refusal(400, 'M_INVALID_USERNAME', { error: 'Invalid username' }));
  });

  it('refuses other things that make no sense, and registers nobody', async () => {
    const wish = { username: 'nonsense', password: 'monkey' };
    expect(await auth.register({ ...wish, refresh_token: 'yes' })).toMatchObject(refusal(400, 'M_UNKNOWN'));
    expect(await auth.register({ ...wish, inhibit_login: 'yes' })).toMatchObject(refusal(400, 'M_BAD_JSON'));
    expect(await auth.register({ ...wish, auth: 'yes' })).toMatchObject(refusal(400, 'M_BAD_JSON'));
    expect(await auth.register({ ...wish, device_id: 'x'.repeat(513) })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await auth.register({ ...wish, password: 'x'.repeat(513) })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await auth.register({ username: 'nonsense' })).toMatchObject(refusal(400, 'M_MISSING_PARAM'));
    expect(await auth.register(wish, { query: { kind: ['robot'] } })).toMatchObject(refusal(400, 'M_UNRECOGNIZED'));
    expect((await auth.register(wish)).status).toBe(200);
  });

  it('AUTH-087 refuses names that are reserved for others, empty or too long', async () => {
    for (const username of ['_', '_x', '^abcd', 'a'.repeat(256), '', '12345']) {
      expect(await auth.register({ username, password: 'monkey' })).toMatchObject(refusal(400, 'M_INVALID_USERNAME'));
    }
    expect((await auth.register({ username: 'a1234_-./=+', password: 'monkey' })).status).toBe(200);
  });

  it('AUTH-088 makes no guests', async () => {
    const answer = await auth.call('register', { query: { kind: ['guest'] } });
    expect(answer).toMatchObject(refusal(403, 'M_FORBIDDEN', { error: 'Guest access is disabled' }));
  });

  it('AUTH-094 keeps people out of exclusive namespaces', async () => {
    for (const username of ['irc_bob', 'ircbot', 'xmpp_bob']) {
      expect(await auth.register({ username, password: 'monkey' })).toMatchObject(refusal(400, 'M_EXCLUSIVE'));
    }
    expect((await auth.register({ username: 'log_bob', password: 'monkey' })).status).toBe(200);
  });

  it('AUTH-107 knows passwords in any script, however they were composed', async () => {
    await auth.register({ username: 'unicode', password: 'пароль-e\u0301🐸' });
    expect((await auth.login('unicode', 'пароль-\u00e9🐸')).status).toBe(200);
    expect(await auth.login('unicode', 'пароль-e🐸')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  describe('in several requests', () => {
    const begin = async (body: object) =>
      (await auth.call('register', { body: { ...body } })).body['session'] as string;

    it('remembers name and password of the first one', async () => {
      const session = await begin({ username: 'slow', password: 'monkey', initial_device_display_name: 'Phone' });
      const done = await auth.call('register', { body: { auth: { type: 'm.login.dummy', session } } });
      expect(done).toMatchObject({ status: 200, body: { user_id: '@slow:test' } });
      expect((await auth.login('slow', 'monkey')).status).toBe(200);
    });

    it('takes a name and a password that come late', async () => {
      const session = await begin({});
      const late = { username: 'late', password: 'monkey', auth: { type: 'm.login.dummy', session } };
      expect(await auth.call('register', { body: late })).toMatchObject({
        status: 200,
        body: { user_id: '@late:test' },
      });
    });

    it('AUTH-108 answers a repeated last request with the same user and another token', async () => {
      const session = await begin({ username: 'again', password: 'monkey' });
      const last = { username: 'again', password: 'monkey', device_id: 'D', auth: { type: 'm.login.dummy', session } };
      const [first, second] = [
        await auth.call('register', { body: last }),
        await auth.call('register', { body: { ...last, auth: { session } } }),
      ];
      expect(second).toMatchObject({ status: 200, body: { user_id: '@again:test', device_id: 'D' } });
      expect(await auth.isGood(first!.body['access_token'])).toBe(false);
      expect(await auth.isGood(second!.body['access_token'])).toBe(true);
      const other = await auth.call('register', { body: { ...last, username: 'another' } });
      expect(other).toMatchObject(refusal(400, 'M_UNKNOWN'));
      expect(await auth.call('register', { body: { ...last, inhibit_login: true } })).toEqual({
        status: 200,
        body: { user_id: '@again:test', home_server: 'test' },
      });
    });

    it('makes one account of two last requests at once', async () => {
      const session = await begin({ username: 'twin', password: 'monkey' });
      const last = { body: { auth: { type: 'm.login.dummy', session } } };
      const answers = await Promise.all([auth.call('register', last), auth.call('register', last)]);
      expect(answers.map(({ status, body }) => [status, body['user_id']])).toEqual([
        [200, '@twin:test'],
        [200, '@twin:test'],
      ]);
    });

    it('says which stage failed', async () => {
      const session = await begin({});
      const answer = await auth.call('register', { body: { auth: { type: 'm.login.recaptcha', session } } });
      expect(answer).toMatchObject({ status: 401, body: { session, completed: [], errcode: 'M_UNRECOGNIZED' } });
    });

    it('refuses a session that does not exist or was begun for something else', async () => {
      for (const unknown of ['abcdefghijklmnopqrstuvwx', 'a\0b', 7]) {
        const auth_ = { type: 'm.login.dummy', session: unknown };
        const answer = await auth.call('register', { body: { username: 'lost', password: 'monkey', auth: auth_ } });
        expect(answer).toMatchObject(refusal(400, 'M_UNKNOWN'));
      }
      const session = await begin({ username: 'moved', password: 'monkey' });
      const moved = { body: { auth: { type: 'm.login.dummy', session } }, query: { kind: ['user'] } };
      expect(await auth.call('register', moved)).toMatchObject(refusal(403, 'M_UNKNOWN'));
    });
  });

  it('keeps every secret out of the log', async () => {
    const answer = await auth.register({ username: 'secretive', password: 'very-secret-word' });
    const { events } = await auth.deployment.rpc.ask<{ events: unknown[] }>(subjects.logRead('auth', 'auth'), {
      after: 0,
      limit: 500,
    });
    const text = JSON.stringify(events);
    expect(text).toContain('@secretive:test');
    expect(text).not.toContain('very-secret-word');
    expect(text).not.toContain('$argon2');
    expect(text).not.toContain(answer.body['access_token']);
    expect(text).not.toContain('monkey');
  });
});

describe('POST /register, otherwise configured', () => {
  it('AUTH-085 makes nobody while registration is closed', async () => {
    const auth = await AuthUnderTest.start({ env: { GANGLION_ENABLE_REGISTRATION: 'false' } });
    const closed = refusal(403, 'M_FORBIDDEN', { error: 'Registration has been disabled' });
    expect(await auth.register({ username: 'kermit', password: 'monkey' })).toMatchObject(closed);
    expect(await auth.call('registerAvailable', { query: { username: ['kermit'] } })).toMatchObject(closed);
    await auth.stop();
  });

  it('AUTH-104 tells late that a name is taken; AUTH-087 accepts underscores; AUTH-146 keeps the policy', async () => {
    const auth = await AuthUnderTest.start({
      env: {
        GANGLION_AUTH__INHIBIT_USER_IN_USE_ERROR: 'true',
        GANGLION_AUTH__ALLOW_UNDERSCORE_PREFIXED_LOCALPART: 'true',
        GANGLION_AUTH__PASSWORD_CONFIG__POLICY__ENABLED: 'true',
        GANGLION_AUTH__PASSWORD_CONFIG__POLICY__MINIMUM_LENGTH: '10',
        GANGLION_AUTH__PASSWORD_CONFIG__POLICY__REQUIRE_DIGIT: 'true',
      },
    });
    const password = 'long enough 1';
    expect((await auth.register({ username: '_kermit', password })).status).toBe(200);
    const available = await auth.call('registerAvailable', { query: { username: ['_kermit'] } });
    expect(available).toEqual({ status: 200, body: { available: true } });
    expect((await auth.call('register', { body: { username: '_kermit', password } })).status).toBe(401);
    expect(await auth.register({ username: '_kermit', password })).toMatchObject(refusal(400, 'M_USER_IN_USE'));
    const short = await auth.register({ username: 'short', password: 'monkey' });
    expect(short).toMatchObject(refusal(400, 'M_PASSWORD_TOO_SHORT'));
    const digitless = await auth.register({ username: 'digitless', password: 'long enough!' });
    expect(digitless).toMatchObject(refusal(400, 'M_PASSWORD_NO_DIGIT'));
    await auth.stop();
  });

  it('AUTH-089 makes five accounts per address, then waits', async () => {
    const clock = new FixedClock();
    const env = {
      GANGLION_AUTH__RC_REGISTRATION__PER_SECOND: '0.17',
      GANGLION_AUTH__RC_REGISTRATION__BURST_COUNT: '5',
    };
    // Each process counts for itself.
    const auth = await AuthUnderTest.start({ env, clock, processes: 1 });
    const register = (nr: number) => auth.register({ username: `user${nr}`, password: 'monkey' });
    for (let nr = 1; nr <= 5; nr++) expect((await register(nr)).status).toBe(200);
    const limited = await register(6);
    expect(limited).toMatchObject(refusal(429, 'M_LIMIT_EXCEEDED'));
    expect(limited.body['retry_after_ms']).toBeLessThan(6_000);
    expect((await auth.register({ username: 'other', password: 'monkey' }, { clientIp: '192.0.2.9' })).status).toBe(
      200,
    );
    clock.advance(limited.body['retry_after_ms'] as number);
    expect((await register(6)).status).toBe(200);
    await auth.stop();
  });

  it('AUTH-124 forgets a session after 48 hours', async () => {
    const clock = new FixedClock();
    const auth = await AuthUnderTest.start({ clock });
    const { body } = await auth.call('register', { body: { username: 'kermit', password: 'monkey' } });
    clock.advance(48 * 3_600_000);
    const late = await auth.call('register', { body: { auth: { type: 'm.login.dummy', session: body['session'] } } });
    expect(late).toMatchObject(refusal(400, 'M_UNKNOWN'));
    await auth.stop();
  });
});
