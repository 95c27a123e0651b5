import {
  routes,
  tok,
  type ModerationSnapshot,
  type PublicEvent,
  type RouteName,
  type RouteReply,
} from '@ganglion/contracts';
import { vshardOf } from '@ganglion/kernel';
import { RemoteError } from '@ganglion/messaging';
import { accountRegistered, eventually, FakeLog, requester, routeRequest, TestDeployment } from '@ganglion/testing';
import { moderationService } from '../moderation.service-definition.js';

const MALLORY = '@mallory:test';
const GONE = '@gone:test';
const ROOT = '@root:test';
const OTHER_ADMIN = '@other-root:test';

describe('suspensions and locks over the bus', () => {
  let deployment: TestDeployment;
  let auth: FakeLog;

  beforeAll(async () => {
    deployment = await TestDeployment.open();
    auth = new FakeLog(deployment.bus, 'auth');
    await auth.append(
      'account-1',
      accountRegistered(MALLORY),
      accountRegistered(GONE),
      accountRegistered(ROOT, { admin: true }),
      accountRegistered(OTHER_ADMIN),
    );
    await auth.append('account-2', { type: 'account.admin_set', data: { userId: OTHER_ADMIN, value: true } });
    await auth.append('account-3', {
      type: 'account.deactivated',
      data: { userId: GONE, erase: false, byAdmin: false },
    });
    await deployment.start(moderationService);
  });
  afterAll(async () => {
    auth?.stop();
    await deployment?.close();
  });

  const call = async (name: RouteName, userId: string, body: object | null = null) => {
    const request = routeRequest({
      params: { userId },
      body,
      requester: requester(ROOT, { isAdmin: true, seen: { auth: auth.head(), moderation: 0 } }),
    });
    const { rpc } = deployment;
    try {
      const reply = await (routes[name].kind === 'query'
        ? rpc.query<RouteReply>('moderation', name, request)
        : rpc.command<RouteReply>('moderation', vshardOf(userId), name, request));
      return [200, reply.body];
    } catch (error) {
      if (error instanceof RemoteError) return [error.status, error.body['errcode']];
      throw error;
    }
  };
  const restrictionsOf = async (userId: string) => {
    const { users } = await deployment.rpc.query<ModerationSnapshot>('moderation', 'snapshot', {});
    return users.find((user) => user.userId === userId);
  };

  it('MOD-144 MOD-145 suspends as Synapse does, and may be asked twice', async () => {
    for (const suspend of [true, false, false, true, true, false]) {
      expect(await call('suspendUser', MALLORY, { suspend })).toEqual([
        200,
        { [`user_${MALLORY}_suspended`]: suspend },
      ]);
      expect(await call('accountSuspension', MALLORY)).toEqual([200, { suspended: suspend }]);
    }
  });

  it('MOD-146 refuses what is no boolean, a user of elsewhere, one that does not exist', async () => {
    expect(await call('suspendUser', MALLORY, { suspend: 'yes' })).toEqual([400, 'M_BAD_JSON']);
    expect(await call('suspendUser', MALLORY, {})).toEqual([400, 'M_MISSING_PARAM']);
    expect(await call('suspendUser', '@a:elsewhere', { suspend: true })).toEqual([400, 'M_INVALID_PARAM']);
    expect(await call('suspendUser', '@nobody:test', { suspend: true })).toEqual([404, 'M_NOT_FOUND']);
  });

  describe.each([
    ['setAccountSuspension', 'accountSuspension', 'suspended'],
    ['setAccountLock', 'accountLock', 'locked'],
  ] as const)('%s', (set, read, flag) => {
    it('MOD-148 AUTH-178 does it, says so, and undoes it', async () => {
      for (const value of [true, true, false, false]) {
        expect(await call(set, MALLORY, { [flag]: value })).toEqual([200, { [flag]: value }]);
        expect(await call(read, MALLORY)).toEqual([200, { [flag]: value }]);
      }
    });

    it('MOD-147 AUTH-178 refuses oneself, other admins, users of elsewhere, and accounts that are gone', async () => {
      for (const body of [{ [flag]: true }, { [flag]: false }]) {
        expect(await call(set, ROOT, body)).toEqual([403, 'M_FORBIDDEN']);
        expect(await call(set, OTHER_ADMIN, body)).toEqual([403, 'M_FORBIDDEN']);
        expect(await call(set, '@a:elsewhere', body)).toEqual([400, 'M_INVALID_PARAM']);
        expect(await call(set, GONE, body)).toEqual([404, 'M_NOT_FOUND']);
        expect(await call(set, '@nobody:test', body)).toEqual([404, 'M_NOT_FOUND']);
      }
      expect(await call(read, ROOT)).toEqual([403, 'M_FORBIDDEN']);
      expect(await call(read, OTHER_ADMIN)).toEqual([403, 'M_FORBIDDEN']);
      expect(await call(read, '@a:elsewhere')).toEqual([400, 'M_INVALID_PARAM']);
      expect(await call(read, GONE)).toEqual([404, 'M_NOT_FOUND']);
    });

    it.each([
      [{}, 'M_MISSING_PARAM'],
      [{ [flag]: 'x' }, 'M_BAD_JSON'],
      [{ [flag]: null }, 'M_BAD_JSON'],
    ])('refuses %j', async (body, errcode) => expect(await call(set, MALLORY, body)).toEqual([400, errcode]));
  });

  it('gives replicas what holds, and forgets users who are free', async () => {
    await call('setAccountLock', MALLORY, { locked: true });
    await call('setAccountSuspension', MALLORY, { suspended: true });
    await eventually(async () =>
      expect(await restrictionsOf(MALLORY)).toEqual({
        userId: MALLORY,
        shadowBanned: false,
        suspended: true,
        locked: true,
      }),
    );
    await call('shadowBan', MALLORY);
    await call('setAccountLock', MALLORY, { locked: false });
    await eventually(async () =>
      expect(await restrictionsOf(MALLORY)).toEqual({
        userId: MALLORY,
        shadowBanned: true,
        suspended: true,
        locked: false,
      }),
    );
    await call('liftShadowBan', MALLORY);
    await call('setAccountSuspension', MALLORY, { suspended: false });
    await eventually(async () => expect(await restrictionsOf(MALLORY)).toBeUndefined());
  });

  it('tells others in the public form', async () => {
    const told: { subject: string; body: PublicEvent }[] = [];
    const subscription = deployment.bus.subscribe('moderation.>', (message) => {
      told.push({ subject: deployment.bus.local(message.subject), body: message.json() });
    });
    await deployment.bus.flush();
    await call('setAccountLock', MALLORY, { locked: true });
    await call('setAccountLock', MALLORY, { locked: false });
    await eventually(() => expect(told).toHaveLength(2));
    expect(told[0]).toMatchObject({
      subject: `moderation.user.locked.${tok(MALLORY)}`,
      body: { type: 'user.locked', actor: { kind: 'admin', id: ROOT }, cause_key: `admin:${ROOT}`, data: {} },
    });
    expect(told[1]!.body).toMatchObject({
      type: 'user.unlocked',
      reverses: told[0]!.body.id,
      data: { causes_left: 0 },
    });
    subscription.stop();
  });
});
