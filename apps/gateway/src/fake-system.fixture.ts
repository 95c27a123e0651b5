import { connect } from 'node:net';
import type { Environment } from '@ganglion/config';
import {
  LOG_SERVICES,
  routes,
  type AuthEvent,
  type LogService,
  type RegistrationPublic,
  type RoomsWake,
  type SyncAnswer,
} from '@ganglion/contracts';
import { FenceHolder } from '@ganglion/fence';
import { systemClock } from '@ganglion/kernel';
import { RpcServer } from '@ganglion/messaging';
import { createLogger, type Logger, type LoopWatch } from '@ganglion/observability';
import { hashToken, mintToken } from '@ganglion/requester';
import { fenceBus, type RunningService } from '@ganglion/service';
import { FakeLog, TestDeployment } from '@ganglion/testing';
import { startGateway } from './start-gateway.js';

const KEY = 'key of the tests';
const TIMES = { leaseMs: 3_000, marginMs: 200, writerAbsentGraceMs: 30_000 };
const silent = createLogger('test', 'silent');
/** Tests run on busy machines; they must not be refused for that. */
const CALM: LoopWatch = { delayMs: () => 0, utilisation: () => 0 };

type Handler = (payload: never) => Promise<unknown>;
export interface Call {
  /** `<service> <cmd|qry|each>:<name>`. */
  what: string;
  payload: Record<string, unknown>;
}

/** A gateway with everything around it played by the test: services on a real bus, logs in memory, real fences. */
export class FakeSystem {
  readonly logs = {} as Record<LogService, FakeLog>;
  readonly calls: Call[] = [];
  readonly handlers = new Map<string, Handler>();
  gateway!: RunningService & { url: string };
  private readonly servers = new Map<LogService, RpcServer>();
  private readonly holders = new Map<string, FenceHolder>();
  private readonly watchers = new Set<() => void>();
  private minted = 0;
  private stopping: Promise<void> | null = null;

  private constructor(readonly deployment: TestDeployment) {}

  /**
   * @param logger  of the gateway; absent: it is silent
   * @param loop  how late the gateway is; absent: never
   */
  static async start(
    env: Environment = {},
    without: LogService[] = [],
    logger: Logger = createLogger('gateway', 'fatal'),
    loop: LoopWatch = CALM,
  ): Promise<FakeSystem> {
    const system = new FakeSystem(await TestDeployment.open());
    for (const service of LOG_SERVICES) system.logs[service] = new FakeLog(system.deployment.bus, service);
    for (const service of LOG_SERVICES) if (!without.includes(service)) await system.startService(service);
    for (const service of ['auth', 'moderation'] as const) await system.startFence(service);
    system.gateway = await startGateway({ config: system.config(env), logger, loop });
    return system;
  }

  config(env: Environment = {}) {
    return this.deployment.config('auth', 'postgres://unused', {
      GANGLION_LISTEN: '127.0.0.1:0',
      GANGLION_AUTH__TOKEN_CHECKSUM_KEY: KEY,
      ...env,
    });
  }

  async startService(service: LogService): Promise<void> {
    const server = new RpcServer({ bus: this.deployment.bus, service, logger: silent });
    const names = [
      'qry:snapshot',
      'qry:token',
      'each:health',
      'each:metrics',
      'cmd:sight',
      'cmd:sight_and_check',
      'cmd:sync',
    ];
    const own = Object.values(routes).filter(({ owner }) => owner === service);
    for (const { kind, name } of own) names.push(`${kind === 'command' ? 'cmd' : 'qry'}:${name}`);
    for (const name of new Set(names)) {
      server.addHandler(name, (payload: Record<string, unknown>) => this.called(`${service} ${name}`, payload));
    }
    await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
    this.servers.set(service, server);
  }

  async stopService(service: LogService): Promise<void> {
    await this.servers.get(service)?.close();
    this.servers.delete(service);
  }

  /** What a service answers from now on; `<service> <cmd|qry|each>:<name>`. */
  on(what: string, handler: Handler): void {
    this.handlers.set(what, handler);
  }

  callsOf(what: string): Record<string, unknown>[] {
    return this.calls.filter((call) => call.what === what).map(({ payload }) => payload);
  }

  /** Resolves when `condition` holds; looked at again whenever a service is called, and often. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      await new Promise<void>((resolve) => {
        const look = () => {
          this.watchers.delete(look);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(look, 10);
        this.watchers.add(look);
      });
    }
  }

  mint(): string {
    return mintToken('gat', String(++this.minted).padStart(22, '0'), KEY);
  }

  /** An account with a token on a device, known to the gateway when this returns. */
  async user(
    userId: string,
    more: { admin?: boolean; guest?: boolean; deviceId?: string | null } = {},
  ): Promise<string> {
    const token = this.mint();
    const { admin = false, guest = false, deviceId = 'DEVICE' } = more;
    await this.auth(
      {
        type: 'account.registered',
        data: {
          userId,
          kind: guest ? 'guest' : 'user',
          appserviceId: null,
          userType: null,
          admin,
          createdTs: 1,
          displayName: userId,
          hasPassword: true,
          byAdmin: false,
        },
      },
      this.issued(token, userId, deviceId),
    );
    await this.inForce('auth');
    return token;
  }

  issued(token: string, userId: string, deviceId: string | null, targetUserId = userId): AuthEvent {
    return {
      type: 'token.issued',
      data: {
        tokenId: `id-${hashToken(token).slice(0, 8)}`,
        tokenHash: hashToken(token),
        ownerUserId: userId,
        targetUserId,
        deviceId,
        validUntilMs: null,
      },
    };
  }

  auth(...events: AuthEvent[]): Promise<void> {
    return this.logs.auth.append('account-x', ...events);
  }

  async revoke(token: string, userId: string): Promise<void> {
    const data = { tokenId: 'x', tokenHash: hashToken(token), ownerUserId: userId, reason: 'admin' } as const;
    await this.auth({ type: 'token.revoked', data });
    await this.inForce('auth');
  }

  async appservice(registration: RegistrationPublic): Promise<void> {
    await this.logs.appservice.append('registration-x', { type: 'registration.added', data: registration });
  }

  /** What the fence promises: everything decided so far holds everywhere. */
  inForce(service: 'auth' | 'moderation'): Promise<void> {
    return this.holders.get(service)!.barrier(this.logs[service].head());
  }

  wake(wake: Omit<RoomsWake, 'logId' | 'from'>): void {
    const told: RoomsWake = { logId: this.logs.rooms.logId, from: wake.pos, ...wake };
    this.deployment.bus.publishJson('wake.rooms.rooms', told);
  }

  async fetch(path: string, init: RequestInit & { token?: string } = {}) {
    const { token, ...rest } = init;
    const headers = {
      ...(rest.headers as Record<string, string>),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    const response = await fetch(this.gateway.url + path, { ...rest, headers });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    };
  }

  /**
   * Bytes as they are, for what no HTTP client would send.
   * @param hangUp  close our side when the first bytes of an answer have come, as a client does that got its answer
   * @returns all that comes back until the connection closes
   */
  raw(bytes: string | Buffer, { hangUp = false } = {}): Promise<string> {
    const { hostname, port } = new URL(this.gateway.url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        if (hangUp) socket.end();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    });
  }

  stopGateway(): Promise<void> {
    this.stopping ??= this.gateway.stop();
    return this.stopping;
  }

  async stop(): Promise<void> {
    await this.stopGateway();
    for (const holder of this.holders.values()) holder.stop();
    for (const server of this.servers.values()) await server.close();
    for (const log of Object.values(this.logs)) log.stop();
    await this.deployment.close();
  }

  stopFence(service: 'auth' | 'moderation'): void {
    this.holders.get(service)?.stop();
  }

  async startFence(service: 'auth' | 'moderation'): Promise<void> {
    const log = this.logs[service];
    const store = { load: async () => [], add: async () => undefined, remove: async () => undefined };
    const head = () => ({ logId: log.logId, pos: log.head() });
    const bus = fenceBus(this.deployment.bus);
    const holder = new FenceHolder({
      holderId: 'test-holder',
      holds: () => true,
      bus,
      log: service,
      head,
      store,
      clock: systemClock,
      times: TIMES,
      logger: silent,
    });
    await holder.start();
    this.holders.set(service, holder);
  }

  private async called(what: string, payload: Record<string, unknown>): Promise<unknown> {
    this.calls.push({ what, payload });
    for (const look of this.watchers) look();
    const handler = this.handlers.get(what);
    return handler ? handler(payload as never) : this.usual(what, payload);
  }

  private usual(what: string, payload: Record<string, unknown>): unknown {
    const [service, name] = what.split(' ') as [LogService, string];
    const at = { logId: this.logs[service].logId, pos: 0 };
    if (name === 'qry:snapshot') return { ...at, users: [], tokens: [], devices: [], registrations: [] };
    if (name === 'qry:token') return { token: null, users: [], pos: this.logs.auth.head() };
    if (name === 'each:health') return { service, instance: service, ready: true, problems: [], positions: {} };
    if (name === 'each:metrics')
      return { instance: service, text: `# HELP up Up\n# TYPE up gauge\nup{service="${service}"} 1\n` };
    if (name === 'cmd:sync') return emptySync([], 0);
    return { body: { name, ...payload } };
  }
}

export function emptySync(rooms: string[], pos: number, nextBatch = `s1_${pos}`): SyncAnswer {
  return { empty: true, rooms, pos, body: { next_batch: nextBatch } };
}

export function fullSync(pos: number, body: Record<string, unknown> = {}): SyncAnswer {
  return { empty: false, rooms: [], pos, body: { next_batch: `s1_${pos}`, ...body } };
}
