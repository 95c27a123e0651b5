import { requester } from '@ganglion/testing';
import { AuthUnderTest, refusal } from '../../auth.fixture.js';
import { IRC, XMPP } from '../registrations.fixture.js';

const TYPE = 'm.login.application_service';

describe('POST /register of an application service', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start({ env: { GANGLION_ENABLE_REGISTRATION: 'false' } });
  });
  afterAll(() => auth?.stop());

  const register = (body: object, registration = IRC) =>
    auth.call('register', { body: { type: TYPE, ...body }, ...AuthUnderTest.asAppservice(registration) });

  it('AUTH-090 makes a user of its namespace although registration is closed', async () => {
    expect(await register({ username: 'irc_Bob', initial_device_display_name: 'Bridge' })).toMatchObject({
      status: 200,
      body: { user_id: '@irc_Bob:test', home_server: 'test', access_token: expect.any(String) },
    });
    const { users } = await auth.snapshot();
    expect(users).toContainEqual(expect.objectContaining({ userId: '@irc_Bob:test', appserviceId: 'irc' }));
  });

  it('does not own what it shares', async () => {
    expect(await register({ username: 'log_Bob', inhibit_login: true })).toEqual({
      status: 200,
      body: { user_id: '@log_Bob:test', home_server: 'test' },
    });
    const { users } = await auth.snapshot();
    expect(users).toContainEqual(expect.objectContaining({ userId: '@log_Bob:test', appserviceId: null }));
  });

  it('makes its sender once', async () => {
    expect((await register({ username: 'ircbot' })).status).toBe(200);
    expect(await register({ username: 'ircbot' })).toMatchObject(refusal(400, 'M_USER_IN_USE'));
  });

  it('makes one account of two names that differ in case only', async () => {
    const answers = await Promise.all([register({ username: 'irc_race' }), register({ username: 'irc_RACE' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(answers.find(({ status }) => status === 400)).toMatchObject(refusal(400, 'M_USER_IN_USE'));
  });

  it('AUTH-091 wants the type beside the token', async () => {
    const untyped = await register({ username: 'irc_untyped', type: undefined });
    expect(untyped).toMatchObject(refusal(400, 'M_UNKNOWN'));
  });

  it('AUTH-092 wants a token that is its own', async () => {
    const body = { type: TYPE, username: 'irc_none' };
    expect(await auth.call('register', { body })).toMatchObject(refusal(401, 'M_MISSING_TOKEN'));
    const tokenProblem = { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', error: 'Unknown', soft_logout: false } };
    expect(await auth.call('register', { body, tokenProblem })).toMatchObject(
      refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: false }),
    );
    const person = { body, requester: requester('@person:test') };
    expect(await auth.call('register', person)).toMatchObject(refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: false }));
  });

  it('AUTH-093 opens no session for a service that manages its devices itself', async () => {
    const refused = await register({ username: 'xmpp_bob' }, XMPP);
    expect(refused).toMatchObject(refusal(400, 'M_APPSERVICE_LOGIN_UNSUPPORTED'));
    expect(await register({ username: 'xmpp_bob', inhibit_login: true }, XMPP)).toEqual({
      status: 200,
      body: { user_id: '@xmpp_bob:test', home_server: 'test' },
    });
  });

  it('refuses names it does not control', async () => {
    for (const username of ['bob', 'xmpp_eve', 'xmppbot']) {
      expect(await register({ username })).toMatchObject(refusal(400, 'M_EXCLUSIVE'));
    }
    expect(await register({})).toMatchObject(refusal(400, 'M_MISSING_PARAM'));
    for (const username of ['irc_a:b', 'irc_é', 7]) {
      expect(await register({ username })).toMatchObject(refusal(400, 'M_INVALID_USERNAME'));
    }
  });
});
