import { FixedClock } from '@ganglion/kernel';
import { AuthUnderTest, refusal } from '../auth.fixture.js';
import { registrationMac } from './registration-mac.js';

const SECRET = 'what only the operator knows';

describe('shared-secret registration', () => {
  const clock = new FixedClock();
  let auth: AuthUnderTest;
  beforeAll(async () => {
    const env = { GANGLION_REGISTRATION_SHARED_SECRET: SECRET, GANGLION_ENABLE_REGISTRATION: 'false' };
    auth = await AuthUnderTest.start({ env, clock });
  });
  afterAll(() => auth?.stop());

  const nonce = async () => (await auth.call('sharedSecretNonce')).body['nonce'] as string;
  const post = (body: object) => auth.call('sharedSecretRegister', { body });
  interface Wish {
    username: string;
    password?: string;
    admin?: boolean;
    user_type?: string;
  }
  const signed = async (
    { username, password = 'monkey', admin = false, user_type: userType }: Wish,
    more: object = {},
  ) => {
    const fresh = await nonce();
    const mac = registrationMac(SECRET, { nonce: fresh, username, password, admin, userType: userType ?? null });
    return { nonce: fresh, username, password, admin, user_type: userType, mac, ...more };
  };

  it('AUTH-196 gives nonces that live for a minute', async () => {
    const [young, old] = [await nonce(), await nonce()];
    expect(young).toMatch(/^[0-9a-f]{128}$/);
    clock.advance(59_000);
    const specified = refusal(400, 'M_BAD_JSON', { error: 'username must be specified' });
    expect(await post({ nonce: young })).toMatchObject(specified);
    clock.advance(2_000);
    expect(await post({ nonce: old })).toMatchObject(refusal(400, 'M_UNKNOWN', { error: 'unrecognised nonce' }));
  });

  it('AUTH-197 refuses a mac over another nonce', async () => {
    const body = await signed({ username: 'bob' }, { nonce: await nonce() });
    expect(await post(body)).toMatchObject(refusal(403, 'M_UNKNOWN', { error: 'HMAC incorrect' }));
  });

  it('AUTH-198 makes admins and support users, once per nonce', async () => {
    const admin = await signed({ username: 'root', admin: true }, { device_id: 'CONSOLE' });
    expect(await post(admin)).toEqual({
      status: 200,
      body: { user_id: '@root:test', home_server: 'test', access_token: expect.any(String), device_id: 'CONSOLE' },
    });
    expect(await post(admin)).toMatchObject(refusal(400, 'M_UNKNOWN', { error: 'unrecognised nonce' }));
    expect(await post(await signed({ username: 'helper', user_type: 'support' }))).toMatchObject({ status: 200 });
    const { users } = await auth.snapshot();
    expect(users).toContainEqual(expect.objectContaining({ userId: '@root:test', isAdmin: true, userType: null }));
    expect(users).toContainEqual(
      expect.objectContaining({ userId: '@helper:test', isAdmin: false, userType: 'support' }),
    );
    expect((await auth.login('root', 'monkey')).status).toBe(200);
  });

  it('AUTH-199 says what is wrong', async () => {
    const texts: [object, number, string, string][] = [
      [{ username: undefined }, 400, 'M_BAD_JSON', 'username must be specified'],
      [{ username: 7 }, 400, 'M_UNKNOWN', 'Invalid username'],
      [{ username: 'a\0b' }, 400, 'M_UNKNOWN', 'Invalid username'],
      [{ username: 'x'.repeat(513) }, 400, 'M_UNKNOWN', 'Invalid username'],
      [{ password: undefined }, 400, 'M_BAD_JSON', 'password must be specified'],
      [{ password: 7 }, 400, 'M_UNKNOWN', 'Invalid password'],
      [{ password: 'a\0b' }, 400, 'M_UNKNOWN', 'Invalid password'],
      [{ password: 'x'.repeat(513) }, 400, 'M_UNKNOWN', 'Invalid password'],
      [{ user_type: 'invalid' }, 400, 'M_UNKNOWN', 'Invalid user type'],
      [{ mac: undefined }, 400, 'M_BAD_JSON', 'mac must be specified'],
      [{ mac: 'no' }, 403, 'M_UNKNOWN', 'HMAC incorrect'],
    ];
    for (const [more, status, errcode, error] of texts) {
      expect(await post(await signed({ username: 'bob' }, more))).toMatchObject(refusal(status, errcode, { error }));
    }
    expect(await post({ username: 'bob' })).toMatchObject(
      refusal(400, 'M_BAD_JSON', { error: 'nonce must be specified' }),
    );
    for (const bad of [7, 'invented', 'a\0b']) {
      const answer = await post(await signed({ username: 'bob' }, { nonce: bad }));
      expect(answer).toMatchObject(refusal(400, 'M_UNKNOWN', { error: 'unrecognised nonce' }));
    }
  });

  it('AUTH-201 lower-cases the name, and keeps to the rules of names', async () => {
    expect((await post(await signed({ username: 'user-UPPER' }))).body['user_id']).toBe('@user-upper:test');
    expect(await post(await signed({ username: 'user-upper' }))).toMatchObject(refusal(400, 'M_USER_IN_USE'));
    expect(await post(await signed({ username: 'us,er' }))).toMatchObject(refusal(400, 'M_INVALID_USERNAME'));
    expect(await post(await signed({ username: 'irc_bob' }))).toMatchObject(refusal(400, 'M_EXCLUSIVE'));
  });

  it('opens no session where none is wanted', async () => {
    expect(await post(await signed({ username: 'quiet' }, { inhibit_login: true }))).toEqual({
      status: 200,
      body: { user_id: '@quiet:test', home_server: 'test' },
    });
  });
});
