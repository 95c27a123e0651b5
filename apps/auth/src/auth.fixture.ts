import type {
  AuthSnapshot,
  MatrixErrorBody,
  ModerationEvent,
  RegistrationPublic,
  RouteReply,
  RouteRequest,
} from '@ganglion/contracts';
import { routes, type RouteName } from '@ganglion/contracts';
import { FenceHolder } from '@ganglion/fence';
import { systemClock, vshardOf, type Clock } from '@ganglion/kernel';
import { RemoteError } from '@ganglion/messaging';
import { createLogger } from '@ganglion/observability';
import { hashToken } from '@ganglion/requester';
import { fenceBus, type HealthReport, type RunningService } from '@ganglion/service';
import { FakeLog, requester, routeRequest, TestDeployment } from '@ganglion/testing';
import { IRC, XMPP } from './accounts/registrations.fixture.js';
import { authService } from './auth.service-definition.js';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** A running auth service on databases and subjects of its own, beside logs of moderation and appservice that a test writes. */
export class AuthUnderTest {
  private users = 0;

  private constructor(
    readonly deployment: TestDeployment,
    readonly service: RunningService,
    readonly moderation: FakeLog,
    readonly appservice: FakeLog,
    private readonly holder: FenceHolder,
  ) {}

  /** @param options.moderationAway  nobody gives leases of moderation's fence */
  static async start({
    moderationAway = false,
    ...options
  }: {
    env?: Record<string, string>;
    clock?: Clock;
    moderationAway?: boolean;
    processes?: number;
  } = {}): Promise<AuthUnderTest> {
    const deployment = await TestDeployment.open();
    const moderation = new FakeLog(deployment.bus, 'moderation', () => ({ users: [] }));
    const appservice = new FakeLog(deployment.bus, 'appservice', () => ({ registrations: [IRC, XMPP] }));
    // Something to have been read, so that it can be told when it has.
    await moderation.append('test', { type: 'test.started', data: {} });
    await appservice.append('test', { type: 'test.started', data: {} });
    const members = new Set<string>();
    const holder = new FenceHolder({
      holderId: 'test-holder',
      holds: () => true,
      bus: fenceBus(deployment.bus),
      log: 'moderation',
      head: () => ({ logId: moderation.logId, pos: moderation.head() }),
      store: {
        load: async () => [...members],
        add: async (id) => void members.add(id),
        remove: async (ids) => ids.forEach((id) => members.delete(id)),
      },
      clock: systemClock,
      times: { leaseMs: 3_000, marginMs: 200, writerAbsentGraceMs: 0 },
      logger: createLogger('moderation', 'fatal'),
    });
    if (!moderationAway) await holder.start();
    const service = await deployment.start(authService, options);
    const auth = new AuthUnderTest(deployment, service, moderation, appservice, holder);
    await auth.knowsOthers();
    return auth;
  }

  /** Waits until auth has read what moderation and appservice had to say before it started. */
  private async knowsOthers(): Promise<void> {
    for (;;) {
      const reports = await this.deployment.rpc.each<HealthReport>('auth', 'health', {}, { expectMs: 50 });
      const know = reports.every(
        ({ positions: { 'auth.appservices': appservices = 0, 'auth.restrictions': restrictions = 0 } }) =>
          appservices >= this.appservice.head() && restrictions >= this.moderation.head(),
      );
      if (know && reports.length > 0) return;
    }
  }

  /** What a client gets for a request that the gateway forwards. */
  async call(name: RouteName, request: Partial<RouteRequest> = {}): Promise<Answer> {
    const route = routes[name];
    const forwarded = routeRequest({ body: route.body === 'none' ? null : {}, ...request });
    const shard = vshardOf(forwarded.requester?.userId ?? '');
    try {
      const { rpc } = this.deployment;
      const reply =
        route.kind === 'command'
          ? await rpc.command<RouteReply>('auth', shard, route.name, forwarded)
          : await rpc.query<RouteReply>('auth', route.name, forwarded);
      return { status: reply.status ?? 200, body: reply.body as Record<string, unknown> };
    } catch (error) {
      if (error instanceof RemoteError) return { status: error.status, body: error.body };
      throw error;
    }
  }

  register(body: object, request: Partial<RouteRequest> = {}): Promise<Answer> {
    return this.call('register', { body: { auth: { type: 'm.login.dummy' }, ...body }, ...request });
  }

  login(user: string, password: string, more: object = {}, request: Partial<RouteRequest> = {}): Promise<Answer> {
    const identifier = { type: 'm.id.user', user };
    return this.call('login', { body: { type: 'm.login.password', identifier, password, ...more }, ...request });
  }

  /** Decided by moderation, and in force here when this returns. */
  async moderationDecides(...events: ModerationEvent[]): Promise<void> {
    await this.moderation.append('user-x', ...events);
    await this.holder.barrier(this.moderation.head());
  }

  /** A user of a test's own, who holds two sessions: of the first is the requester. */
  async userWithSessions() {
    const name = `own${++this.users}`;
    await this.register({ username: name, password: 'monkey', inhibit_login: true });
    const sessions = [await this.login(name, 'monkey'), await this.login(name, 'monkey')];
    const tokens = sessions.map(({ body }) => body['access_token']);
    return { name, tokens, requester: await this.requesterOf(sessions[0]!) };
  }

  /** As of now. */
  async snapshot(): Promise<AuthSnapshot> {
    await this.isGood('whatever: the answer waits until the read model is up to date');
    return this.deployment.rpc.query<AuthSnapshot>('auth', 'snapshot', { tokens: true });
  }

  /** Is the token good, as a gateway would find out that has just met it? */
  async isGood(token: unknown): Promise<boolean> {
    const tokenHash = hashToken(token as string);
    const reply = await this.deployment.rpc.query<{ token: unknown }>('auth', 'token', { tokenHash });
    return reply.token !== null;
  }

  /** Who holds the session that a login or registration answered with, resolved as a gateway does. */
  async requesterOf(answer: Answer): Promise<ReturnType<typeof requester>> {
    const tokenHash = hashToken(answer.body['access_token'] as string);
    const reply = await this.deployment.rpc.query<{ token: { tokenId: string } | null }>('auth', 'token', {
      tokenHash,
    });
    if (!reply.token) throw new Error('the token is not known');
    return requester(answer.body['user_id'] as string, {
      deviceId: answer.body['device_id'] as string,
      accessTokenId: reply.token.tokenId,
    });
  }

  /** A request with the as_token of an application service. */
  static asAppservice({ asId, sender }: RegistrationPublic): Partial<RouteRequest> {
    return { requester: requester(sender, { appServiceId: asId, accessTokenId: null, deviceId: null }) };
  }

  async stop(): Promise<void> {
    this.holder.stop();
    this.moderation.stop();
    this.appservice.stop();
    await this.deployment.close();
  }
}

/** A refusal, for `toMatchObject`. */
export function refusal(status: number, errcode: string, more: Partial<MatrixErrorBody> = {}) {
  return { status, body: { errcode, ...more } };
}
