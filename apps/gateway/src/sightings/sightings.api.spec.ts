import { Refusal } from '@ganglion/kernel';
import { hashToken } from '@ganglion/requester';
import { FakeSystem } from '../fake-system.fixture.js';

const C3 = '/_matrix/client/v3';
const send = (n: number) => [`${C3}/rooms/!r:test/send/m.x/${n}`, { method: 'PUT', body: '{}' }] as const;

describe('without limits', () => {
  let system: FakeSystem;
  let token: string;
  beforeAll(async () => {
    system = await FakeSystem.start();
    token = await system.user('@a:test');
  });
  afterAll(() => system.stop());
  const seen = () => system.callsOf('accounting cmd:sight');

  it('tells accounting once who was seen, however many requests there are', async () => {
    for (let n = 0; n < 5; n++)
      await system.fetch(`${C3}/account/whoami`, { token, headers: { 'user-agent': 'Element' } });
    await system.fetch(send(1)[0], { ...send(1)[1], token });
    await system.until(() => seen().length > 0);
    const other = await system.user('@b:test');
    await system.fetch(`${C3}/joined_rooms`, { token: other });
    await system.until(() => seen().length > 1);
    expect(seen()).toMatchObject([
      {
        userId: '@a:test',
        tokenRef: hashToken(token),
        ip: '127.0.0.1',
        userAgent: 'Element',
        deviceId: 'DEVICE',
        mauRelevant: true,
      },
      { userId: '@b:test' },
    ]);
    expect(system.callsOf('accounting cmd:sight_and_check')).toEqual([]);
    expect(JSON.stringify(system.calls)).not.toContain(token);
  });

  it('tells of a guest at the gate, and of nobody who was refused before it', async () => {
    const guest = await system.user('@1:test', { guest: true });
    await system.fetch(`${C3}/joined_rooms`, { token: guest });
    await system.until(() => seen().some(({ userId }) => userId === '@1:test'));
    const before = seen().length;
    const revoked = await system.user('@gone:test');
    await system.revoke(revoked, '@gone:test');
    await system.fetch(`${C3}/joined_rooms`, { token: revoked });
    await system.fetch(`${C3}/login`);
    expect(seen()).toHaveLength(before);
  });

  it('does not wait for accounting', async () => {
    let release!: () => void;
    system.on('accounting cmd:sight', () => new Promise<void>((resolve) => (release = resolve)));
    const fresh = await system.user('@c:test');
    expect((await system.fetch(`${C3}/account/whoami`, { token: fresh })).status).toBe(200);
    await system.until(() => release !== undefined);
    release();
  });
});

describe('with limits', () => {
  let system: FakeSystem;
  let token: string;
  beforeAll(async () => {
    system = await FakeSystem.start({
      GANGLION_ACCOUNTING__LIMIT_USAGE_BY_MAU: 'true',
      GANGLION_ACCOUNTING__MAX_MAU_VALUE: '1',
    });
    token = await system.user('@a:test');
  });
  afterAll(() => system.stop());
  const refuse = () => {
    const details = { admin_contact: 'mailto:a@example.org', limit_type: 'monthly_active_user' };
    throw new Refusal(
      'RESOURCE_LIMIT',
      'forbidden',
      'Monthly Active User Limit Exceeded',
      'M_RESOURCE_LIMIT_EXCEEDED',
      details,
    );
  };

  it('asks before the endpoint with a fresh sighting, and not again of whoever it has just let through', async () => {
    for (const n of [1, 2]) expect((await system.fetch(send(n)[0], { ...send(n)[1], token })).status).toBe(200);
    expect(system.callsOf('accounting cmd:sight_and_check')).toMatchObject([
      { sightings: [{ userId: '@a:test' }], who: { authenticatedEntity: '@a:test', appServiceId: null } },
    ]);
    const order = system.calls.map(({ what }) => what).filter((what) => /sight_and_check|sendEvent/.test(what));
    expect(order.slice(0, 2)).toEqual(['accounting cmd:sight_and_check', 'rooms cmd:sendEvent']);
  });

  it('answers what accounting refuses, and nothing happens', async () => {
    system.on('accounting cmd:sight_and_check', async () => refuse());
    const before = system.callsOf('rooms cmd:sendEvent').length;
    const blocked = await system.user('@blocked:test');
    const reply = await system.fetch(send(3)[0], { ...send(3)[1], token: blocked });
    expect([reply.status, reply.json()]).toEqual([
      403,
      {
        errcode: 'M_RESOURCE_LIMIT_EXCEEDED',
        error: 'Monthly Active User Limit Exceeded',
        admin_contact: 'mailto:a@example.org',
        limit_type: 'monthly_active_user',
      },
    ]);
    expect((await system.fetch(`${C3}/sync`, { token: blocked })).status).toBe(403);
    expect(system.callsOf('rooms cmd:sendEvent')).toHaveLength(before);
    expect((await system.fetch(`${C3}/joined_rooms`, { token: blocked })).status).toBe(200); // reading is free
  });

  it('stands by the last decision while accounting is silent, else lets through and counts it', async () => {
    system.on('accounting cmd:sight_and_check', async () => refuse());
    const [known, unknown] = [await system.user('@known:test'), await system.user('@unknown:test')];
    await system.fetch(send(4)[0], { ...send(4)[1], token: known });
    system.on('accounting cmd:sight_and_check', () => new Promise(() => undefined));
    expect((await system.fetch(send(5)[0], { ...send(5)[1], token: known })).status).toBe(403);
    expect((await system.fetch(send(6)[0], { ...send(6)[1], token: unknown })).status).toBe(200);
    const metrics = await (await fetch(`http://127.0.0.1:${system.gateway.healthPort}/metrics`)).text();
    expect(metrics).toMatch(/^accounting_check_failopen_total\{.*\} 1$/m);
  });

  it('tells accounting again whom it could not be told of', async () => {
    const late = await system.user('@late:test');
    const sightingsSent = () =>
      system
        .callsOf('accounting cmd:sight_and_check')
        .filter(({ who }) => (who as { authenticatedEntity: string }).authenticatedEntity === '@late:test')
        .map(({ sightings }) => (sightings as unknown[]).length);
    system.on('accounting cmd:sight_and_check', () => new Promise(() => undefined));
    expect((await system.fetch(send(7)[0], { ...send(7)[1], token: late })).status).toBe(200);
    system.on('accounting cmd:sight_and_check', async () => {
      throw new Error('the database is away');
    });
    expect((await system.fetch(send(8)[0], { ...send(8)[1], token: late })).status).toBe(200);
    system.handlers.delete('accounting cmd:sight_and_check');
    expect((await system.fetch(send(9)[0], { ...send(9)[1], token: late })).status).toBe(200);
    expect((await system.fetch(send(10)[0], { ...send(10)[1], token: late })).status).toBe(200);
    expect(sightingsSent()).toEqual([1, 1, 1]);
  });
});
