import { requester } from '@ganglion/testing';
import { IRC } from '../../accounts/registrations.fixture.js';
import { AuthUnderTest, refusal } from '../../auth.fixture.js';
import { begun, byPassword, confirmed } from '../../uia/uia.fixture.js';

const OK = { status: 200, body: {} };

describe('POST /account/password', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
  });
  afterAll(() => auth?.stop());

  const user = async () => {
    const { tokens, ...rest } = await auth.userWithSessions();
    return { ...rest, mine: tokens[0], other: tokens[1] };
  };

  it('AUTH-139 changes it, ends every other session and keeps the own', async () => {
    const { name, mine, other, requester } = await user();
    expect(await confirmed(auth, 'changePassword', { requester, body: { new_password: 'donkey' } }, 'monkey')).toEqual(
      OK,
    );
    expect(await auth.login(name, 'monkey')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect((await auth.login(name, 'donkey')).status).toBe(200);
    expect([await auth.isGood(mine), await auth.isGood(other)]).toEqual([true, false]);
    const { devices } = await auth.snapshot();
    expect(devices.filter(([owner]) => owner === requester.userId)).toHaveLength(2); // the own, and that of the login above
  });

  it('AUTH-140 ends nothing where it shall not', async () => {
    const { name, other, requester } = await user();
    const body = { new_password: 'donkey', logout_devices: false };
    expect(await confirmed(auth, 'changePassword', { requester, body }, 'monkey')).toEqual(OK);
    expect(await auth.isGood(other)).toBe(true);
    expect(await auth.login(name, 'monkey')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  it('remembers what an earlier request of the session said', async () => {
    const { name, other, requester } = await user();
    const body = { new_password: 'a secret donkey', logout_devices: false };
    const uia = await begun(auth, 'changePassword', { requester, body });
    expect(await auth.call('changePassword', { requester, body: { auth: byPassword(name, 'monkey', uia) } })).toEqual(
      OK,
    );
    expect((await auth.login(name, 'a secret donkey')).status).toBe(200);
    expect(await auth.isGood(other)).toBe(true);
  });

  it('sets the password of the last request that named one', async () => {
    const { name, requester } = await user();
    const uia = await begun(auth, 'changePassword', { requester, body: { new_password: 'first' } });
    const again = { new_password: 'second', auth: byPassword(name, 'wrong', uia) };
    expect((await auth.call('changePassword', { requester, body: again })).status).toBe(401);
    expect(await auth.call('changePassword', { requester, body: { auth: byPassword(name, 'monkey', uia) } })).toEqual(
      OK,
    );
    expect((await auth.login(name, 'second')).status).toBe(200);
  });

  it('needs a password in one of the requests', async () => {
    const { name, requester } = await user();
    const body = { auth: byPassword(name, 'monkey') };
    expect(await auth.call('changePassword', { requester, body })).toMatchObject(refusal(400, 'M_MISSING_PARAM'));
    expect((await auth.login(name, 'monkey')).status).toBe(200);
  });

  it('leaves everything as it was where it is not confirmed', async () => {
    const { name, other, requester } = await user();
    const body = { new_password: 'donkey' };
    expect((await auth.call('changePassword', { requester, body })).status).toBe(401);
    expect((await confirmed(auth, 'changePassword', { requester, body }, 'wrong')).status).toBe(401);
    expect((await auth.login(name, 'monkey')).status).toBe(200);
    expect(await auth.isGood(other)).toBe(true);
  });

  it('changes nothing for a session that has ended meanwhile', async () => {
    const { name, requester } = await user();
    await auth.call('logout', { requester });
    const body = { new_password: 'donkey' };
    expect(await confirmed(auth, 'changePassword', { requester, body }, 'monkey')).toMatchObject(
      refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: false }),
    );
    expect((await auth.login(name, 'monkey')).status).toBe(200);
  });

  it('AUTH-123 is nothing for application services', async () => {
    const bridge = requester(IRC.sender, { appServiceId: 'irc', accessTokenId: null, deviceId: null });
    const request = { requester: bridge, body: { new_password: 'donkey' } };
    expect(await auth.call('changePassword', request)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  it.each([
    [{ new_password: 7 }, 'M_BAD_JSON'],
    [{ new_password: 'x'.repeat(513) }, 'M_INVALID_PARAM'],
    [{ new_password: 'x', logout_devices: 'no' }, 'M_BAD_JSON'],
    [{ new_password: 'x', auth: [] }, 'M_BAD_JSON'],
  ])('refuses %j', async (body, errcode) => {
    const { requester } = await user();
    expect(await auth.call('changePassword', { requester, body })).toMatchObject(refusal(400, errcode));
  });
});

describe('POST /account/password, otherwise configured', () => {
  it('AUTH-146 keeps to the policy before it asks for anything', async () => {
    const policy = 'GANGLION_AUTH__PASSWORD_CONFIG__POLICY__';
    const env = {
      [`${policy}ENABLED`]: 'true',
      [`${policy}MINIMUM_LENGTH`]: '10',
      [`${policy}REQUIRE_DIGIT`]: 'true',
      [`${policy}REQUIRE_SYMBOL`]: 'true',
      [`${policy}REQUIRE_UPPERCASE`]: 'true',
      [`${policy}REQUIRE_LOWERCASE`]: 'true',
    };
    const auth = await AuthUnderTest.start({ env });
    const registered = await auth.register({ username: 'kermit', password: 'LongEnough1!' });
    const requester = await auth.requesterOf(registered);
    const change = (password: string) => auth.call('changePassword', { requester, body: { new_password: password } });
    for (const [password, errcode] of [
      ['Short1!', 'M_PASSWORD_TOO_SHORT'],
      ['LongEnough!!', 'M_PASSWORD_NO_DIGIT'],
      ['LongEnough11', 'M_PASSWORD_NO_SYMBOL'],
      ['longenough1!', 'M_PASSWORD_NO_UPPERCASE'],
      ['LONGENOUGH1!', 'M_PASSWORD_NO_LOWERCASE'],
    ] as const) {
      expect(await change(password)).toMatchObject(refusal(400, errcode));
    }
    expect((await change('Compliant12!')).status).toBe(401);
    await auth.stop();
  });

  it.each([
    ['open no session', 'GANGLION_AUTH__PASSWORD_CONFIG__ENABLED', 'only_for_reauth', 403, 'M_FORBIDDEN'],
    ['are not kept here', 'GANGLION_AUTH__PASSWORD_CONFIG__LOCALDB_ENABLED', 'false', 401, 'M_UNRECOGNIZED'],
  ])('sets none where passwords %s', async (_what, key, value, status, errcode) => {
    const auth = await AuthUnderTest.start({ env: { [key]: value } });
    const made = await auth.register({ username: 'kermit', password: 'monkey' });
    // Where they are not kept, not even a registration brings one.
    if (status === 401) expect(made).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    const requester_ = status === 401 ? requester('@kermit:test') : await auth.requesterOf(made);
    const request = { requester: requester_, body: { new_password: 'donkey' } };
    expect(await confirmed(auth, 'changePassword', request, 'monkey')).toMatchObject(refusal(status, errcode));
    await auth.stop();
  });
});
