import { createHmac } from 'node:crypto';
import { ChildScript } from './harness/child-process.js';
import { http } from './harness/http.js';
import { TestSystem } from './harness/system.js';

const SECRET = 'the shared secret of this test';
const PASSWORD = 'a long password';
const BY_PASSWORD = [{ stages: ['m.login.password'] }];
const LOCKED = { status: 401, body: { errcode: 'M_USER_LOCKED', soft_logout: true } };
const V3 = '/_matrix/client/v3';
jest.setTimeout(120_000);

interface Session {
  userId: string;
  deviceId: string;
  accessToken: string;
}
interface Device {
  device_id: string;
  display_name: string | null;
}

/** An account and its sessions from beginning to end, with an unmodified client. What ends a session ends it everywhere. */
describe('accounts', () => {
  let system: TestSystem;
  let admin: string;
  const clients: ChildScript[] = [];
  beforeAll(async () => {
    system = await TestSystem.start({ GANGLION_REGISTRATION_SHARED_SECRET: SECRET });
    const { body } = await http(system.url, 'GET', '/_synapse/admin/v1/register');
    const nonce = body['nonce'] as string;
    const mac = createHmac('sha1', SECRET).update(`${nonce}\0root\0${PASSWORD}\0admin`).digest('hex');
    const given = { nonce, username: 'root', password: PASSWORD, admin: true, mac };
    const made = await http(system.url, 'POST', '/_synapse/admin/v1/register', { body: given });
    admin = made.body['access_token'] as string;
  });
  afterAll(async () => {
    for (const client of clients) client.stop();
    await system?.stop();
  });

  const register = async (username: string) => {
    const body = { username, password: PASSWORD, auth: { type: 'm.login.dummy' }, inhibit_login: true };
    expect((await http(system.url, 'POST', `${V3}/register`, { body })).status).toBe(200);
  };
  /** Another session of the user in the SDK. */
  const client = async (username: string, password = PASSWORD) => {
    const script = new ChildScript('js-sdk-client.mjs');
    clients.push(script);
    return { script, ...(await script.call<Session>('login', { baseUrl: system.url, username, password })) };
  };
  const login = (user: string, password = PASSWORD) =>
    http(system.url, 'POST', `${V3}/login`, {
      body: { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password },
    });
  const whoami = (token: string) => http(system.url, 'GET', `${V3}/account/whoami`, { token });
  /** A sync that waits for news. */
  const waiting = async (token: string) => {
    const first = await http(system.url, 'GET', `${V3}/sync?timeout=0`, { token });
    const since = first.body['next_batch'] as string;
    return { since, answer: http(system.url, 'GET', `${V3}/sync?timeout=60000&since=${since}`, { token }) };
  };
  const parked = async () => {
    const figures = await fetch(`${system.url}/_ganglion/metrics`, { headers: { authorization: `Bearer ${admin}` } });
    return Number(/^ganglion_gateway_parked\{.*\} (\d+)$/m.exec(await figures.text())?.[1]);
  };
  const restrict = (what: 'lock' | 'suspend', userId: string, value: boolean) =>
    http(system.url, 'PUT', `/_matrix/client/v1/admin/${what}/${encodeURIComponent(userId)}`, {
      token: admin,
      body: { [what === 'lock' ? 'locked' : 'suspended']: value },
    });

  it('lists devices, names one, and deletes others, whose sessions are over at once', async () => {
    await register('alice');
    const phone = await client('alice');
    const [tablet, laptop, old] = [await client('alice'), await client('alice'), await client('alice')];
    await phone.script.call('renameDevice', { deviceId: tablet.deviceId, name: 'Slate' });
    const listed = await phone.script.call<Device[]>('devices');
    expect(listed.map(({ device_id: id }) => id).sort()).toEqual(
      [phone, tablet, laptop, old].map(({ deviceId }) => deviceId).sort(),
    );
    expect(listed.find(({ device_id: id }) => id === tablet.deviceId)?.display_name).toBe('Slate');

    await tablet.script.call('start');
    await tablet.script.hears('sync', ({ state }) => state === 'SYNCING');
    const deleted = { deviceId: tablet.deviceId, password: PASSWORD };
    expect(await phone.script.call('deleteDevice', deleted)).toEqual({ flows: BY_PASSWORD, result: {} });
    expect(await whoami(tablet.accessToken)).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } });
    await tablet.script.hears('loggedOut', ({ errcode, softLogout }) => errcode === 'M_UNKNOWN_TOKEN' && !softLogout);

    const several = { deviceIds: [laptop.deviceId, old.deviceId], password: PASSWORD };
    expect(await phone.script.call('deleteDevices', several)).toEqual({ flows: BY_PASSWORD, result: {} });
    expect(await phone.script.call('devices')).toMatchObject([{ device_id: phone.deviceId }]);
    expect((await whoami(laptop.accessToken)).status).toBe(401);
    expect((await whoami(phone.accessToken)).status).toBe(200);
  });

  it('changes a password: the own session stays, the others and the old password do not', async () => {
    await register('bob');
    const [mine, other] = [await client('bob'), await client('bob')];
    expect((await mine.script.call<Record<string, unknown>>('capabilities'))['m.change_password']).toEqual({
      enabled: true,
    });
    const { answer } = await waiting(other.accessToken);
    const change = { password: PASSWORD, newPassword: 'another long password' };
    expect(await mine.script.call('changePassword', change)).toEqual({ flows: BY_PASSWORD, result: {} });
    expect(await answer).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', soft_logout: false } });
    expect((await whoami(mine.accessToken)).status).toBe(200);
    expect(await login('bob')).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect((await login('bob', 'another long password')).status).toBe(200);
  });

  it('MOD-158 MOD-160 locks a user out at once and lets them go on where they were', async () => {
    await register('carol');
    await register('dave');
    const [carol, dave] = [await client('carol'), await client('dave')];
    const { room_id: roomId } = await dave.script.call<{ room_id: string }>('createRoom', { preset: 'public_chat' });
    await carol.script.call('join', { roomId });
    const before = await parked();
    const { since, answer } = await waiting(carol.accessToken);
    while ((await parked()) <= before); // until it waits

    expect(await restrict('lock', carol.userId, true)).toMatchObject({ status: 200, body: { locked: true } });
    expect(await answer).toMatchObject(LOCKED);
    expect(await whoami(carol.accessToken)).toMatchObject(LOCKED);
    expect(await login('carol')).toMatchObject(LOCKED);
    expect((await whoami(dave.accessToken)).status).toBe(200);
    const sent = await dave.script.call<{ event_id: string }>('send', { roomId, body: 'while away', txnId: 'a' });

    expect(await restrict('lock', carol.userId, false)).toMatchObject({ status: 200, body: { locked: false } });
    expect((await whoami(carol.accessToken)).status).toBe(200);
    const missed = await http(system.url, 'GET', `${V3}/sync?timeout=0&since=${since}`, { token: carol.accessToken });
    expect(JSON.stringify(missed.body)).toContain(sent.event_id);

    await restrict('lock', carol.userId, true);
    expect((await http(system.url, 'POST', `${V3}/logout`, { token: carol.accessToken, body: {} })).status).toBe(200);
  });

  it('suspends: what is said is refused, leaving is not', async () => {
    await register('erin');
    await register('frank');
    const [erin, frank] = [await client('erin'), await client('frank')];
    const { room_id: roomId } = await frank.script.call<{ room_id: string }>('createRoom', { preset: 'public_chat' });
    await erin.script.call('join', { roomId });
    expect(await restrict('suspend', erin.userId, true)).toMatchObject({ status: 200, body: { suspended: true } });
    const say = (txnId: string) => erin.script.call('send', { roomId, body: 'psst', txnId });
    await expect(say('a')).rejects.toMatchObject({ errcode: 'M_USER_SUSPENDED', httpStatus: 403 });
    expect(await login('erin')).toMatchObject({ status: 200 });
    expect(await erin.script.call('leave', { roomId })).toEqual({});
    await restrict('suspend', erin.userId, false);
    await erin.script.call('join', { roomId });
  });

  it('deactivates: every session is over, nobody logs in, and the name stays taken', async () => {
    await register('grace');
    const [mine, other] = [await client('grace'), await client('grace')];
    const { answer } = await waiting(other.accessToken);
    expect(await mine.script.call('deactivate', { password: PASSWORD, erase: true })).toEqual({
      flows: BY_PASSWORD,
      result: { id_server_unbind_result: 'success' },
    });
    expect(await answer).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } });
    for (const { accessToken } of [mine, other]) expect((await whoami(accessToken)).status).toBe(401);
    expect(await login('grace')).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    const again = { username: 'grace', password: PASSWORD, auth: { type: 'm.login.dummy' } };
    expect(await http(system.url, 'POST', `${V3}/register`, { body: again })).toMatchObject({
      status: 400,
      body: { errcode: 'M_USER_IN_USE' },
    });
  });
});
