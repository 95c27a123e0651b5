import type { Environment } from '@ganglion/config';
import {
  routes,
  type AccountFlags,
  type AuthEvent,
  type LogPosition,
  type MatrixErrorBody,
  type ModerationEvent,
  type Requester,
  type RestrictedUser,
  type RouteName,
  type RouteReply,
  type RouteRequest,
  type StoredEvent,
  type SyncAnswer,
  type SyncQuery,
} from '@ganglion/contracts';
import { FenceHolder } from '@ganglion/fence';
import { systemClock, vshardOf, type Clock } from '@ganglion/kernel';
import { RemoteError } from '@ganglion/messaging';
import { createLogger } from '@ganglion/observability';
import { fenceBus, flagsOf, startService, type HealthReport, type RunningService } from '@ganglion/service';
import { FakeLog, TestDeployment, makeDatabase, requester, routeRequest, startProcesses } from '@ganglion/testing';
import pg from 'pg';
import { roomsService } from './rooms.service-definition.js';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

const TIMES = { leaseMs: 3_000, marginMs: 200, writerAbsentGraceMs: 30_000 };

interface Parts {
  deployment: TestDeployment;
  auth: FakeLog;
  moderation: FakeLog;
  holders: Record<'auth' | 'moderation', FenceHolder>;
  database: { url: string; drop(): Promise<void> };
  options: { env?: Environment; clock?: Clock };
}

/** A running rooms service on a database and subjects of its own, beside logs of auth and moderation that a test writes. */
export class RoomsUnderTest {
  private txns = 0;
  private lastWrite: LogPosition | undefined;

  readonly deployment: TestDeployment;
  private constructor(
    private readonly parts: Parts,
    private service: RunningService,
  ) {
    this.deployment = parts.deployment;
  }

  static async start(options: { env?: Environment; clock?: Clock } = {}): Promise<RoomsUnderTest> {
    const deployment = await TestDeployment.open();
    const auth: FakeLog = new FakeLog(deployment.bus, 'auth', () => ({
      users: accountsIn(auth),
      tokens: [],
      devices: [],
    }));
    const moderation: FakeLog = new FakeLog(deployment.bus, 'moderation', () => ({ users: restrictedIn(moderation) }));
    const holders = {
      auth: await fence(deployment, 'auth', auth),
      moderation: await fence(deployment, 'moderation', moderation),
    };
    const database = await makeDatabase();
    const service = await run(deployment, database.url, options);
    return new RoomsUnderTest({ deployment, auth, moderation, holders, database, options }, service);
  }

  /** Ends the process in good order and starts another one on the same database. */
  async restart(env: Environment = {}, meanwhile?: () => Promise<unknown>): Promise<void> {
    await this.service.stop();
    await meanwhile?.();
    const options = { ...this.parts.options, env: { ...this.parts.options.env, ...env } };
    this.service = await run(this.deployment, this.parts.database.url, options);
  }

  /** Rows of the service's database. */
  async query<Row extends object>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.parts.database.url });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Lets no append through. @returns ends it */
  async holdAppends(): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: this.parts.database.url });
    await client.connect();
    await client.query('begin');
    await client.query('select 1 from log for update');
    return async () => {
      await client.query('rollback');
      await client.end();
    };
  }

  /** Position of each reader of a log in the service. */
  async positions(): Promise<Record<string, number>> {
    const report = await this.deployment.bus.request('each.rooms.health', {}, 5_000);
    return (report as HealthReport).positions;
  }

  /** Head of moderation's log, and of auth's. */
  heads(): { auth: number; moderation: number } {
    return { auth: this.parts.auth.head(), moderation: this.parts.moderation.head() };
  }

  /** An account, known to the service when this returns. */
  async user(name: string, changes: Partial<Requester> = {}): Promise<Requester> {
    const userId = `@${name}:test`;
    await this.decided({
      type: 'account.registered',
      data: {
        userId,
        kind: changes.isGuest ? 'guest' : 'user',
        appserviceId: null,
        userType: null,
        admin: false,
        createdTs: 1,
        displayName: name,
        hasPassword: true,
        byAdmin: false,
      },
    });
    return requester(userId, {
      ...changes,
      seen: { auth: this.parts.auth.head(), moderation: this.parts.moderation.head() },
    });
  }

  /** Decided by auth, and in force here when this returns. */
  async decided(...events: AuthEvent[]): Promise<void> {
    await this.parts.auth.append('account-x', ...events);
    await this.inForce('auth');
  }

  async shadowBan(userId: string): Promise<void> {
    await this.decideShadowBan(userId);
    await this.inForce('moderation');
  }

  /** Decided by moderation, and told to whoever listens. */
  decideShadowBan(userId: string): Promise<void> {
    const subject = { kind: 'user', id: userId } as const;
    const frozenProfile = { displayname: null, avatarUrl: null };
    const data = { subject, causeKey: 'admin', scope: 'server', origin: 'admin', frozenProfile } as const;
    return this.parts.moderation.append('user-x', { type: 'user.shadow_banned', data } satisfies ModerationEvent);
  }

  /** Decided by moderation, and in force here when this returns. */
  async restrict(
    type: Extract<ModerationEvent['type'], `user.${'' | 'un'}${'suspended' | 'locked'}`>,
    userId: string,
  ): Promise<void> {
    const data = { subject: { kind: 'user', id: userId }, causeKey: 'admin', reverses: 'x', causesLeft: 0 } as const;
    await this.parts.moderation.append('user-x', { type, data });
    await this.inForce('moderation');
  }

  /** What the fence promises: everything decided so far holds here, when this resolves. */
  inForce(service: 'auth' | 'moderation'): Promise<void> {
    return this.parts.holders[service].barrier(this.heads()[service]);
  }

  async liftShadowBan(userId: string): Promise<void> {
    const subject = { kind: 'user', id: userId } as const;
    const data = { subject, causeKey: 'admin', reverses: 'x', causesLeft: 0, release: 'none' } as const;
    await this.parts.moderation.append('user-x', { type: 'user.shadow_ban_lifted', data } satisfies ModerationEvent);
    await this.inForce('moderation');
  }

  /** What a client gets for a request that the gateway forwards. */
  async call(name: RouteName, request: Partial<RouteRequest> = {}): Promise<Answer> {
    const route = routes[name];
    const forwarded = routeRequest({ body: route.body === 'none' ? null : {}, ...request });
    const { rpc } = this.deployment;
    try {
      const options = { minPos: this.lastWrite };
      const reply =
        route.kind === 'command'
          ? await rpc.command<RouteReply>('rooms', shardOf(name, forwarded), route.name, forwarded, options)
          : await rpc.query<RouteReply>('rooms', route.name, forwarded, options);
      this.lastWrite = newest(this.lastWrite, reply.wrote);
      return { status: reply.status ?? 200, body: reply.body as Record<string, unknown> };
    } catch (error) {
      return answerOf(error);
    }
  }

  /** @returns the id of a new room */
  async room(requester: Requester, body: Record<string, unknown> = {}): Promise<string> {
    return String(must(await this.call('createRoom', { requester, body })).body['room_id']);
  }

  async join(requester: Requester, roomId: string): Promise<void> {
    must(await this.call('join', { requester, params: { roomId } }));
  }

  async leave(requester: Requester, roomId: string): Promise<void> {
    must(await this.call('leave', { requester, params: { roomId } }));
  }

  async invite(requester: Requester, roomId: string, userId: string): Promise<void> {
    must(await this.call('invite', { requester, params: { roomId }, body: { user_id: userId } }));
  }

  /** @returns the event id */
  async say(requester: Requester, roomId: string, text: string, txnId = `t${++this.txns}`): Promise<string> {
    return eventIdOf(must(await this.trySay(requester, roomId, text, txnId)));
  }

  trySay(requester: Requester, roomId: string, text: string, txnId = `t${++this.txns}`): Promise<Answer> {
    const params = { roomId, eventType: 'm.room.message', txnId };
    return this.call('sendEvent', { requester, params, body: { msgtype: 'm.text', body: text } });
  }

  /** @returns the event id */
  async setState(
    requester: Requester,
    roomId: string,
    eventType: string,
    body: Record<string, unknown>,
    stateKey = '',
  ): Promise<string> {
    return eventIdOf(must(await this.trySetState(requester, roomId, eventType, body, stateKey)));
  }

  trySetState(
    requester: Requester,
    roomId: string,
    eventType: string,
    body: Record<string, unknown>,
    stateKey = '',
  ): Promise<Answer> {
    return this.call('sendState', { requester, params: { roomId, eventType, stateKey }, body });
  }

  /** Content of a piece of state. */
  async state(requester: Requester, roomId: string, eventType: string, stateKey = ''): Promise<Answer> {
    return this.call('getState', { requester, params: { roomId, eventType, stateKey } });
  }

  messages(requester: Requester, roomId: string, query: Record<string, string> = {}): Promise<Answer> {
    return this.call('messages', { requester, params: { roomId }, query: asLists(query) });
  }

  /** One computation of a sync, as the gateway asks for it. @throws RemoteError */
  sync(user: Requester, query: Partial<SyncQuery> = {}): Promise<SyncAnswer> {
    const { userId, deviceId } = user;
    const question: SyncQuery = {
      requester: { userId, deviceId },
      since: null,
      filter: null,
      fullState: false,
      useStateAfter: false,
      timeoutMs: 0,
      ...query,
    };
    return this.deployment.rpc.command<SyncAnswer>('rooms', vshardOf(userId), 'sync', question, {
      minPos: this.lastWrite,
    });
  }

  async refusedSync(user: Requester, query: Partial<SyncQuery>): Promise<Answer> {
    try {
      return { status: 200, body: (await this.sync(user, query)).body };
    } catch (error) {
      return answerOf(error);
    }
  }

  /** That service's process is gone: nobody renews leases. */
  stopFence(service: 'auth' | 'moderation'): void {
    this.parts.holders[service].stop();
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.parts.database.drop();
    for (const holder of Object.values(this.parts.holders)) holder.stop();
    this.parts.auth.stop();
    this.parts.moderation.stop();
    await this.deployment.close();
  }
}

/** A refusal, for `toMatchObject`. */
export function refusal(status: number, errcode: string, more: Partial<MatrixErrorBody> = {}) {
  return { status, body: { errcode, ...more } };
}

/** What auth would say of every account. */
function accountsIn(log: FakeLog): AccountFlags[] {
  const accounts = new Map<string, AccountFlags>();
  for (const { type, data } of log.events as StoredEvent<AuthEvent>[]) {
    if (type === 'account.registered') accounts.set(data.userId, flagsOf(data));
    if (type === 'account.deactivated') accounts.set(data.userId, { ...accounts.get(data.userId)!, deactivated: true });
  }
  return [...accounts.values()];
}

/** What moderation would say of everybody restricted. */
function restrictedIn(log: FakeLog): RestrictedUser[] {
  const users = new Map<string, RestrictedUser>();
  for (const { type, data } of log.events as StoredEvent<ModerationEvent>[]) {
    const { id: userId } = data.subject;
    const before = users.get(userId) ?? { userId, shadowBanned: false, suspended: false, locked: false };
    users.set(userId, { ...before, ...EFFECTS[type] });
  }
  return [...users.values()];
}

const EFFECTS: Record<ModerationEvent['type'], Partial<RestrictedUser>> = {
  'user.shadow_banned': { shadowBanned: true },
  'user.shadow_ban_lifted': { shadowBanned: false },
  'user.suspended': { suspended: true },
  'user.unsuspended': { suspended: false },
  'user.locked': { locked: true },
  'user.unlocked': { locked: false },
};

/** @throws Error when it is a refusal */
export function must(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

export const eventIdOf = ({ body }: Answer): string => String(body['event_id']);

export function asLists(query: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(query).map(([key, value]) => [key, [value]]));
}

function run(deployment: TestDeployment, url: string, { env, clock }: { env?: Environment; clock?: Clock }) {
  return startProcesses(() =>
    startService(roomsService, {
      config: deployment.config('rooms', url, env),
      logger: createLogger('rooms', 'fatal'),
      ...(clock ? { clock } : {}),
    }),
  );
}

/** As a gateway remembers it: what a user reads is not older than what the user wrote. */
function newest(known: LogPosition | undefined, wrote: LogPosition | undefined): LogPosition | undefined {
  return known && wrote && known.logId === wrote.logId && known.pos > wrote.pos ? known : (wrote ?? known);
}

async function fence(deployment: TestDeployment, log: string, fake: FakeLog): Promise<FenceHolder> {
  const holder = new FenceHolder({
    holderId: 'test-holder',
    holds: () => true,
    bus: fenceBus(deployment.bus),
    log,
    head: (): LogPosition => ({ logId: fake.logId, pos: fake.head() }),
    store: { load: async () => [], add: async () => undefined, remove: async () => undefined },
    clock: systemClock,
    times: TIMES,
    logger: createLogger(log, 'silent'),
  });
  await holder.start();
  return holder;
}

function shardOf(name: RouteName, { params, requester: asking }: RouteRequest): number {
  const { shardBy } = routes[name];
  const key = shardBy && 'param' in shardBy ? params[shardBy.param] : asking?.userId;
  return vshardOf(key ?? '');
}

function answerOf(error: unknown): Answer {
  if (error instanceof RemoteError) return { status: error.status, body: error.body };
  throw error;
}
