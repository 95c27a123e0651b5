import { requester } from '@ganglion/testing';
import type { PublicEvent } from '@ganglion/contracts';
import { eventually } from '@ganglion/testing';
import { AuthUnderTest, refusal } from '../../auth.fixture.js';
import { confirmed } from '../../uia/uia.fixture.js';
import { IRC } from '../registrations.fixture.js';

const DONE = { status: 200, body: { id_server_unbind_result: 'success' } };

describe('POST /account/deactivate', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
  });
  afterAll(() => auth?.stop());

  const user = () => auth.userWithSessions();

  it('AUTH-148 asks for the password, and then ends every session; nobody logs in again', async () => {
    const { name, tokens, requester } = await user();
    expect(await auth.call('deactivateAccount', { requester })).toEqual({
      status: 401,
      body: { session: expect.any(String), flows: [{ stages: ['m.login.password'] }], params: {} },
    });
    expect(await confirmed(auth, 'deactivateAccount', { requester }, 'wrong')).toMatchObject({
      status: 401,
      body: { errcode: 'M_FORBIDDEN', flows: [{ stages: ['m.login.password'] }] },
    });
    for (const token of tokens) expect(await auth.isGood(token)).toBe(true);
    expect(await confirmed(auth, 'deactivateAccount', { requester }, 'monkey')).toEqual(DONE);
    for (const token of tokens) expect(await auth.isGood(token)).toBe(false);
    expect(await auth.login(name, 'monkey')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    const { users, devices } = await auth.snapshot();
    expect(users).toContainEqual(expect.objectContaining({ userId: requester.userId, deactivated: true }));
    expect(devices.filter(([owner]) => owner === requester.userId)).toEqual([]);
  });

  it('keeps the user id taken for ever, in whatever case', async () => {
    const { name, requester } = await user();
    await confirmed(auth, 'deactivateAccount', { requester }, 'monkey');
    for (const username of [name, name.toUpperCase()]) {
      expect(await auth.register({ username, password: 'donkey' })).toMatchObject(refusal(400, 'M_USER_IN_USE'));
    }
    expect(await auth.call('registerAvailable', { query: { username: [name] } })).toMatchObject(
      refusal(400, 'M_USER_IN_USE'),
    );
  });

  it('tells others, and whether all shall be erased', async () => {
    const told: PublicEvent[] = [];
    const subscription = auth.deployment.bus.subscribe('auth.account.deactivated.*', (message) => {
      told.push(message.json());
    });
    await auth.deployment.bus.flush();
    const one = await user();
    await confirmed(auth, 'deactivateAccount', { requester: one.requester, body: { erase: true } }, 'monkey');
    const other = await user();
    await confirmed(auth, 'deactivateAccount', { requester: other.requester }, 'monkey');
    await eventually(() => expect(told).toHaveLength(2));
    expect(told.map(({ subject, data }) => [subject.id, data])).toEqual([
      [one.requester.userId, { erase: true, by_admin: false }],
      [other.requester.userId, { erase: false, by_admin: false }],
    ]);
    subscription.stop();
  });

  it('AUTH-123 needs no confirmation of an application service, which cannot log in there afterwards', async () => {
    const register = { type: 'm.login.application_service', username: 'irc_eve', inhibit_login: true };
    await auth.call('register', { body: register, ...AuthUnderTest.asAppservice(IRC) });
    const bridge = requester('@irc_eve:test', { appServiceId: 'irc', accessTokenId: null, deviceId: null });
    expect(await auth.call('deactivateAccount', { requester: bridge })).toEqual(DONE);
    expect(await auth.call('deactivateAccount', { requester: bridge })).toEqual(DONE);
    const login = { type: 'm.login.application_service', identifier: { type: 'm.id.user', user: 'irc_eve' } };
    expect(await auth.call('login', { body: login, ...AuthUnderTest.asAppservice(IRC) })).toMatchObject(
      refusal(403, 'M_USER_DEACTIVATED'),
    );
    const rename = { requester: bridge, params: { deviceId: 'X' }, body: {} };
    expect(await auth.call('renameDevice', rename)).toMatchObject(refusal(403, 'M_USER_DEACTIVATED'));
  });

  it.each([[{ erase: 'yes' }], [{ id_server: 7 }], [{ auth: 'x' }]])('refuses %j', async (body) => {
    const { requester } = await user();
    expect(await auth.call('deactivateAccount', { requester, body })).toMatchObject(refusal(400, 'M_BAD_JSON'));
  });
});
