import type { RouteRequest } from '@ganglion/contracts';
import type { FenceMember } from '@ganglion/fence';
import { requester } from '@ganglion/testing';
import { IRC } from '../accounts/registrations.fixture.js';
import { AuthUnderTest, type Answer } from '../auth.fixture.js';
import { confirmed } from '../uia/uia.fixture.js';
import { barrierAfter, member } from './fence-member.fixture.js';

type Asked = Partial<RouteRequest> & { requester: ReturnType<typeof requester> };

describe('what ends sessions', () => {
  let auth: AuthUnderTest;
  let gateway: FenceMember;
  const replica = { logId: '', pos: 0 };
  beforeAll(async () => {
    auth = await AuthUnderTest.start();
    const { logId, pos } = await auth.snapshot();
    Object.assign(replica, { logId, pos });
    gateway = member(auth, () => replica);
    gateway.start();
    expect(await gateway.mayServeWithin(5_000)).toBe(true);
  });
  afterAll(async () => {
    gateway?.stop();
    await auth?.stop();
  });

  /** Does it answer only when whoever serves from a replica has said that it has heard of it? */
  async function expectFenced(work: () => Promise<Answer>): Promise<void> {
    const { pos } = await auth.snapshot();
    replica.pos = pos;
    gateway.appliedNow();
    const asked = barrierAfter(auth, pos);
    let answered = false;
    const answer = work().finally(() => (answered = true));
    const barrier = await asked;
    expect(answered).toBe(false);
    replica.pos = barrier;
    gateway.appliedNow();
    expect((await answer).status).toBe(200);
  }

  const sessionOf = async (username: string): Promise<Asked> => {
    await auth.register({ username, password: 'monkey', inhibit_login: true });
    const [mine] = [await auth.login(username, 'monkey'), await auth.login(username, 'monkey', { device_id: 'OTHER' })];
    return { requester: await auth.requesterOf(mine) };
  };

  it.each([
    ['deleteDevice', { params: { deviceId: 'OTHER' } }],
    ['deleteDevices', { body: { devices: ['OTHER'] } }],
    ['changePassword', { body: { new_password: 'donkey' } }],
    ['deactivateAccount', {}],
  ] as const)('%s is answered only when it is in force everywhere', async (name, more) => {
    const session = await sessionOf(name.toLowerCase());
    await expectFenced(() => confirmed(auth, name, { ...session, ...more }, 'monkey'));
  });

  it('a deactivation without any session is as well: nobody may act as the account any more', async () => {
    const body = { type: 'm.login.application_service', username: 'irc_bob', inhibit_login: true };
    await auth.call('register', { body, ...AuthUnderTest.asAppservice(IRC) });
    const bridge = requester('@irc_bob:test', { appServiceId: 'irc', accessTokenId: null, deviceId: null });
    await expectFenced(() => auth.call('deactivateAccount', { requester: bridge }));
  });

  it('a device without a session is as well: nobody may act as the device any more', async () => {
    const body = { type: 'm.login.application_service', username: 'irc_eve', inhibit_login: true };
    await auth.call('register', { body, ...AuthUnderTest.asAppservice(IRC) });
    const bridge = requester('@irc_eve:test', { appServiceId: 'irc', accessTokenId: null, deviceId: null });
    await auth.call('renameDevice', { requester: bridge, params: { deviceId: 'IRC' }, body: {} });
    await expectFenced(() => auth.call('deleteDevice', { requester: bridge, params: { deviceId: 'IRC' } }));
  });
});
