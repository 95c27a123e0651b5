import { routes, type Sighting } from '@ganglion/contracts';
import { FixedClock, vshardOf } from '@ganglion/kernel';
import { eventually, FakeLog, makeDatabase, requester, routeRequest, TestDeployment } from '@ganglion/testing';
import pg from 'pg';
import { accountingService } from '../accounting.service-definition.js';

/** Accounting whose database does not let anybody commit for a while. */
describe('while the cohort waits for the log', () => {
  const clock = new FixedClock();
  let deployment: TestDeployment;
  let auth: FakeLog;
  let database: Awaited<ReturnType<typeof makeDatabase>>;
  let other: pg.Client;

  beforeAll(async () => {
    database = await makeDatabase();
    deployment = await TestDeployment.open();
    auth = new FakeLog(deployment.bus, 'auth', () => ({ users: [], tokens: [], devices: [] }));
    const env = {
      GANGLION_ACCOUNTING__DATABASE_URL: database.url,
      GANGLION_ACCOUNTING__LIMIT_USAGE_BY_MAU: 'true',
      GANGLION_ACCOUNTING__MAX_MAU_VALUE: '2',
    };
    await deployment.start(accountingService, { env, clock });
    other = new pg.Client({ connectionString: database.url });
    await other.connect();
  });
  afterAll(async () => {
    await other?.end();
    auth?.stop();
    await deployment?.close();
    await database?.drop();
  });

  const sighting = (userId: string, ip: string): Sighting => ({
    userId,
    tokenRef: `hash of ${userId}`,
    ip,
    userAgent: 'Element',
    deviceId: 'DEV',
    tsMs: clock.nowMs(),
    mauRelevant: true,
  });
  const sight = (userId: string, ip: string) =>
    deployment.rpc.command('accounting', vshardOf(userId), 'sight', sighting(userId, ip));
  const check = (userId: string, ip: string) =>
    deployment.rpc.command('accounting', vshardOf(userId), 'sight_and_check', {
      sightings: [sighting(userId, ip)],
      who: { authenticatedEntity: userId, appServiceId: null },
    });

  it('who is a member already is answered at once, by the block check too; a newcomer waits', async () => {
    await eventually(() => sight('@a:test', '192.0.2.1'));
    await other.query('begin');
    await other.query('select 1 from log for update');
    const newcomer = check('@b:test', '192.0.2.1');
    await eventually(async () => expect(await waiting(other)).toBeGreaterThan(0));

    expect(await sight('@a:test', '192.0.2.2')).toEqual({});
    expect(await check('@a:test', '192.0.2.3')).toEqual({ allow: true });
    expect(await waiting(other)).toBeGreaterThan(0);

    await other.query('commit');
    expect(await newcomer).toEqual({ allow: true });
    await expect(check('@c:test', '192.0.2.1')).rejects.toMatchObject({ status: 403 });
    const request = routeRequest({ requester: requester('@root:test', { isAdmin: true }) });
    expect(await deployment.rpc.command('accounting', 0, routes.mau.name, request)).toMatchObject({
      body: { current: 2 },
    });
  });
});

/** Statements that wait for a lock in this database. */
async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]!.n;
}
