import { routes, tok, type ModerationSnapshot, type PublicEvent } from '@ganglion/contracts';
import { vshardOf } from '@ganglion/kernel';
import { accountRegistered, eventually, FakeLog, requester, routeRequest, TestDeployment } from '@ganglion/testing';
import { moderationService } from '../moderation.service-definition.js';

const MALLORY = '@mallory:test';
const ROOT = '@root:test';

describe('shadow-bans over the bus', () => {
  let deployment: TestDeployment;
  let auth: FakeLog;

  beforeAll(async () => {
    deployment = await TestDeployment.open();
    auth = new FakeLog(deployment.bus, 'auth');
    await auth.append('account-1', accountRegistered(MALLORY), accountRegistered(ROOT));
    await deployment.start(moderationService);
  });
  afterAll(async () => {
    auth?.stop();
    await deployment?.close();
  });

  const call = (name: 'shadowBan' | 'liftShadowBan', userId: string, query: Record<string, string[]> = {}) =>
    deployment.rpc.command(
      'moderation',
      vshardOf(userId),
      routes[name].name,
      routeRequest({
        params: { userId },
        query,
        requester: requester(ROOT, { isAdmin: true, seen: { auth: auth.head(), moderation: 0 } }),
      }),
    );
  const banned = async () => {
    const { users } = await deployment.rpc.query<ModerationSnapshot>('moderation', 'snapshot', {});
    return users.filter(({ shadowBanned }) => shadowBanned).map(({ userId }) => userId);
  };

  it('bans, tells others in the public form, and lifts again', async () => {
    const told: { subject: string; body: PublicEvent }[] = [];
    const subscription = deployment.bus.subscribe('moderation.>', (message) => {
      told.push({ subject: deployment.bus.local(message.subject), body: message.json() });
    });
    await deployment.bus.flush();

    expect(await call('shadowBan', MALLORY)).toEqual({ body: {} });
    await eventually(async () => expect(await banned()).toEqual([MALLORY]));
    await eventually(() => expect(told).toHaveLength(1));
    expect(told[0]).toMatchObject({
      subject: `moderation.user.shadow_banned.${tok(MALLORY)}`,
      body: {
        type: 'user.shadow_banned',
        seq: 1,
        subject: { kind: 'user', id: MALLORY },
        actor: { kind: 'admin', id: ROOT },
      },
    });

    expect(await call('liftShadowBan', MALLORY)).toEqual({ body: {} });
    await eventually(async () => expect(await banned()).toEqual([]));
    await eventually(() => expect(told).toHaveLength(2));
    expect(told[1]!.body).toMatchObject({
      type: 'user.shadow_ban_lifted',
      reverses: told[0]!.body.id,
      data: { causes_left: 0 },
    });
    subscription.stop();
  });

  it('is the same twice as once', async () => {
    await call('shadowBan', MALLORY);
    await call('shadowBan', MALLORY);
    await eventually(async () => expect(await banned()).toEqual([MALLORY]));
    await call('liftShadowBan', MALLORY);
    await call('liftShadowBan', MALLORY);
    await eventually(async () => expect(await banned()).toEqual([]));
  });

  it('lifts one cause and leaves the ban when another cause remains', async () => {
    await call('shadowBan', MALLORY);
    await call('liftShadowBan', MALLORY, { cause: ['admin:@somebody-else:test'] });
    await eventually(async () => expect(await banned()).toEqual([MALLORY]));
    await call('liftShadowBan', MALLORY, { cause: [`admin:${ROOT}`] });
    await eventually(async () => expect(await banned()).toEqual([]));
  });

  it.each([
    ['an account that does not exist', '@nobody:test', 404, 'M_NOT_FOUND'],
    ['a user of another server', '@a:elsewhere', 400, 'M_INVALID_PARAM'],
    ['what is no user id', 'mallory', 400, 'M_INVALID_PARAM'],
    ['the admin who asks', ROOT, 403, 'M_FORBIDDEN'],
  ])('refuses %s', async (_what, userId, status, errcode) => {
    await expect(call('shadowBan', userId)).rejects.toMatchObject({ status, body: { errcode } });
  });

  it('knows an account as soon as the gateway has seen it', async () => {
    await auth.append('account-2', accountRegistered('@new:test'));
    expect(await call('shadowBan', '@new:test')).toEqual({ body: {} });
    await call('liftShadowBan', '@new:test');
  });
});
