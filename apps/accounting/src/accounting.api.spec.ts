import { routes, type Sighting } from '@ganglion/contracts';
import { FixedClock, vshardOf } from '@ganglion/kernel';
import type { HealthReport } from '@ganglion/service';
import { accountRegistered, eventually, FakeLog, requester, routeRequest, TestDeployment } from '@ganglion/testing';
import { accountingService } from './accounting.service-definition.js';

const ROOT = requester('@root:test', { isAdmin: true });
const LIMITED = {
  GANGLION_ACCOUNTING__LIMIT_USAGE_BY_MAU: 'true',
  GANGLION_ACCOUNTING__MAX_MAU_VALUE: '2',
  GANGLION_ACCOUNTING__ADMIN_CONTACT: 'mailto:root@test',
};

/** Accounting with two places in its cohort, over the real bus. */
describe('accounting over the bus', () => {
  const clock = new FixedClock();
  let deployment: TestDeployment;
  let auth: FakeLog;

  beforeAll(async () => {
    deployment = await TestDeployment.open();
    auth = new FakeLog(deployment.bus, 'auth', () => ({ users: [], tokens: [], devices: [] }));
    await deployment.start(accountingService, { env: LIMITED, clock });
    await auth.append('account', ...['@a:test', '@b:test', '@c:test'].map((userId) => accountRegistered(userId)));
    await eventually(async () => {
      const [health] = await deployment.rpc.each<HealthReport>('accounting', 'health', {}, { expectMs: 50 });
      expect(health?.positions['accounting.accounts']).toBe(auth.head());
    });
  });
  afterAll(async () => {
    auth?.stop();
    await deployment?.close();
  });

  const sighting = (userId: string, changes: Partial<Sighting> = {}): Sighting => ({
    userId,
    tokenRef: `hash of ${userId}`,
    ip: '192.0.2.1',
    userAgent: 'Element',
    deviceId: 'DEV',
    tsMs: clock.nowMs(),
    mauRelevant: true,
    ...changes,
  });
  const sight = (userId: string, changes: Partial<Sighting> = {}) =>
    deployment.rpc.command('accounting', vshardOf(userId), 'sight', sighting(userId, changes));
  const check = (userId: string) =>
    deployment.rpc.command('accounting', vshardOf(userId), 'sight_and_check', {
      sightings: [sighting(userId)],
      who: { authenticatedEntity: userId, appServiceId: null },
    });
  const mau = async () => {
    const reply = await deployment.rpc.command<{ body: Record<string, unknown> }>(
      'accounting',
      0,
      routes.mau.name,
      routeRequest({ requester: ROOT }),
    );
    return reply.body;
  };
  const whois = (userId: string, who = ROOT) =>
    deployment.rpc.command<{ body: { devices: Record<string, { sessions: { connections: { ip: string }[] }[] }> } }>(
      'accounting',
      0,
      routes.whois.name,
      routeRequest({ params: { userId }, requester: who }),
    );

  it('counts users who were seen, each once', async () => {
    await sight('@a:test');
    await sight('@a:test');
    await sight('@b:test');
    expect(await mau()).toMatchObject({ enabled: true, limited: true, current: 2, max: 2, by_service: { native: 2 } });
  });

  it('lets members through when the cohort is full, and nobody else', async () => {
    expect(await check('@a:test')).toEqual({ allow: true });
    await expect(check('@c:test')).rejects.toMatchObject({
      status: 403,
      body: {
        errcode: 'M_RESOURCE_LIMIT_EXCEEDED',
        admin_contact: 'mailto:root@test',
        limit_type: 'monthly_active_user',
      },
    });
  });

  it('never admits more than there is room for, however many come at once', async () => {
    const newcomers = Array.from({ length: 20 }, (_, i) => `@crowd${i}:test`);
    const outcomes = await Promise.allSettled(newcomers.map(check));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect((await mau())['current']).toBe(2);
  });

  it('shows addresses before they are written, newest first, and one row per address', async () => {
    clock.advance(130_000);
    await sight('@a:test', { ip: '192.0.2.2' });
    await sight('@a:test', { ip: '192.0.2.2' });
    const { body } = await whois('@a:test');
    expect(body.devices['DEV']!.sessions[0]!.connections.map(({ ip }) => ip)).toEqual(['192.0.2.2', '192.0.2.1']);
    expect(JSON.stringify(body)).not.toContain('hash of');
  });

  it('shows them to the user and to admins only', async () => {
    await expect(whois('@a:test', requester('@b:test'))).rejects.toMatchObject({
      status: 403,
      body: { errcode: 'M_FORBIDDEN' },
    });
    expect((await whois('@a:test', requester('@a:test'))).body.devices).toHaveProperty('DEV');
    await expect(whois('@a:elsewhere')).rejects.toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } });
    expect((await whois('@nobody:test')).body.devices).toEqual({});
  });

  it('does not count a guest', async () => {
    await auth.append('account-g', accountRegistered('@9:test', { kind: 'guest' }));
    await sight('@9:test');
    expect((await mau())['current']).toBe(2);
  });

  it('judges by accounts as new as the gateway knew', async () => {
    await auth.append('account-s', accountRegistered('@helper:test', { userType: 'support' }));
    const question = {
      sightings: [sighting('@helper:test')],
      who: { authenticatedEntity: '@helper:test', appServiceId: null },
      seen: { auth: auth.head(), moderation: 0 },
    };
    const answer = deployment.rpc.command('accounting', vshardOf('@helper:test'), 'sight_and_check', question);
    expect(await answer).toEqual({ allow: true }); // the cohort is full: an unknown account would have been refused
  });

  it('publishes who entered the cohort', async () => {
    const manager = await deployment.bus.jsm();
    await eventually(async () => {
      const { state } = await manager.streams.info(`${deployment.name}_PUB_ACCOUNTING`, { subjects_filter: '>' });
      expect(Object.keys(state.subjects ?? {}).filter((subject) => subject.includes('mau.member_added'))).toHaveLength(
        2,
      );
    });
  });
});
