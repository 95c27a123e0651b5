import type { ModerationEvent } from '@ganglion/contracts';
import { AuthUnderTest, refusal } from '../../auth.fixture.js';
import { IRC } from '../registrations.fixture.js';

const LOCKED = refusal(401, 'M_USER_LOCKED', { soft_logout: true });
const subjectOf = (userId: string) => ({ kind: 'user', id: userId }) as const;
const locked = (userId: string): ModerationEvent => ({
  type: 'user.locked',
  data: { subject: subjectOf(userId), causeKey: 'admin' },
});
const unlocked = (userId: string): ModerationEvent => ({
  type: 'user.unlocked',
  data: { subject: subjectOf(userId), causeKey: 'admin', reverses: 'x', causesLeft: 0 },
});

describe('POST /login of a restricted account', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
    await auth.register({ username: 'kermit', password: 'monkey', inhibit_login: true });
  });
  afterAll(() => auth?.stop());

  it('AUTH-046 MOD-158 MOD-166 is refused while it is locked, and makes no device', async () => {
    await auth.moderationDecides(locked('@kermit:test'));
    expect(await auth.login('kermit', 'monkey', { device_id: 'LOCKED' })).toMatchObject(LOCKED);
    expect(await auth.login('kermit', 'wrong')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    const { devices } = await auth.snapshot();
    expect(devices).not.toContainEqual(['@kermit:test', 'LOCKED']);
    await auth.moderationDecides(unlocked('@kermit:test'));
    expect((await auth.login('kermit', 'monkey')).status).toBe(200);
  });

  it('is refused to an application service too', async () => {
    const body = { type: 'm.login.application_service', username: 'irc_bob', inhibit_login: true };
    await auth.call('register', { body, ...AuthUnderTest.asAppservice(IRC) });
    await auth.moderationDecides(locked('@irc_bob:test'));
    const login = { type: 'm.login.application_service', identifier: { type: 'm.id.user', user: 'irc_bob' } };
    expect(await auth.call('login', { body: login, ...AuthUnderTest.asAppservice(IRC) })).toMatchObject(LOCKED);
  });

  it('AUTH-047 MOD-159 takes no token away: whoever is locked can log out', async () => {
    const one = await auth.login('kermit', 'monkey');
    const other = await auth.login('kermit', 'monkey');
    await auth.moderationDecides(locked('@kermit:test'));
    expect(await auth.isGood(one.body['access_token'])).toBe(true);
    expect((await auth.call('logout', { requester: await auth.requesterOf(one) })).status).toBe(200);
    expect(await auth.isGood(one.body['access_token'])).toBe(false);
    expect((await auth.call('logoutAll', { requester: await auth.requesterOf(other) })).status).toBe(200);
    expect(await auth.isGood(other.body['access_token'])).toBe(false);
    await auth.moderationDecides(unlocked('@kermit:test'));
  });

  it('is open to a suspended one', async () => {
    await auth.moderationDecides({
      type: 'user.suspended',
      data: { subject: subjectOf('@kermit:test'), causeKey: 'admin' },
    });
    expect((await auth.login('kermit', 'monkey')).status).toBe(200);
  });
});
