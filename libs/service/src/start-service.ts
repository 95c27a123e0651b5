import { loadConfig, processEnvironment, type Config } from '@ganglion/config';
import { logOf, subjects, type LogService } from '@ganglion/contracts';
import { connectTo, EventLog, Relay, SubjectKeys } from '@ganglion/event-store';
import { Fence } from '@ganglion/fence';
import { doneWithin, makeIds, systemClock, systemTimers, type Clock } from '@ganglion/kernel';
import {
  Bus,
  FramePublisherJs,
  HeadBeacon,
  MatrixRpcFilter,
  PublicEventPublisher,
  RpcClient,
  RpcServer,
  ensureStreams,
  serveLogReads,
} from '@ganglion/messaging';
import {
  Registry,
  createLogger,
  createRegistry,
  gauge,
  loopWatch,
  nestLogger,
  type Logger,
  type LoopWatch,
} from '@ganglion/observability';
import type { INestMicroservice, Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestMicroservice } from '@nestjs/microservices';
import pg from 'pg';
import { CoreModule } from './core.module.js';
import { DatabaseAwayInterceptor } from './database-away.js';
import { databaseUrl, migrationsOf } from './database.js';
import type { RunningService, ServiceDefinition } from './definition.js';
import { makeFence } from './fence-wiring.js';
import { Followers } from './followers.js';
import { serveHealth, type HealthReport } from './health.js';
import { readerMetrics, relayMetrics, serverMetrics, storeMetrics } from './load-metrics.js';
import { exchangeCommits } from './ownership/commit-notices.js';
import { Leadership } from './ownership/leadership.js';
import { ShardKeeper } from './ownership/shard-keeper.js';
import { ToTheOwnerInterceptor } from './ownership/to-the-owner.interceptor.js';
import { parkedProblems } from './projection-admin/parked.metrics.js';
import { ProjectionAdminModule } from './projection-admin/projection-admin.module.js';
import { bringUpToDate, confirmSchema } from './schema-version/schema.js';
import { SeenInterceptor } from './seen.interceptor.js';
import { openSubjectKeys } from './subject-keys.js';
import { CLOCK, CONFIG, HEALTH, IDS, INSTANCE, LOGGER, POOL, REGISTRY } from './tokens.js';

/** What every process has, with a log or without. */
export interface Core {
  definition: ServiceDefinition;
  config: Config;
  logger: Logger;
  clock: Clock;
  registry: Registry;
  instance: string;
  bus: Bus;
  rpc: RpcClient;
  /** The process is so late with everything that it should take in nothing new. */
  overloaded: () => boolean;
}

/** Parts a test may put in place of the real ones. */
export interface Overrides {
  config?: Config;
  clock?: Clock;
  logger?: Logger;
  loop?: LoopWatch;
}

export async function openCore(definition: ServiceDefinition, overrides: Overrides = {}): Promise<Core> {
  const config = overrides.config ?? loadConfig(processEnvironment());
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger(definition.name, config.server.log_level);
  const registry = createRegistry(definition.name);
  const instance = `${definition.name}-${makeIds(() => clock.nowMs()).eventId()}`;
  const bus = await Bus.connect({
    url: config.nats.url,
    prefix: config.server.deployment,
    name: instance,
    report: (problem) => logger.warn({ problem }, 'bus'),
  });
  const rpc = new RpcClient({ bus, clock, defaultBudgetMs: config.server.request_timeout_ms });
  const loop = overrides.loop ?? loopWatch();
  const overloaded = () => loop.delayMs() > config.server.max_loop_delay_ms;
  return { definition, config, logger, clock, registry, instance, bus, rpc, overloaded };
}

/**
 * Starts a service that has a log: schema, log, bus, readers, then requests. Returns when it can serve.
 * What is accepted before `stop()` is answered, what is committed is published before it ends.
 */
export async function startService(definition: ServiceDefinition, overrides: Overrides = {}): Promise<RunningService> {
  const { log: logDefinition } = definition;
  if (!logDefinition) throw new Error(`${definition.name} keeps no log; it is started by itself`);
  const core = await openCore(definition, overrides);
  const { config, logger, clock, registry, instance, bus, rpc } = core;
  const service = definition.name as LogService;
  const log = logOf(service);

  const url = databaseUrl(config, service);
  const schema = { url, service, migrations: migrationsOf(logDefinition) };
  await bringUpToDate({ ...schema, mode: config.server.migrate, logger });
  const pool = new pg.Pool({ connectionString: url, max: 8, application_name: `${instance}-reads` });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection broke'));
  const ids = makeIds(() => clock.nowMs());
  const subjectKeys = await openSubjectKeys({ service, config, pool, clock, ids, bus });
  const eventLog = await EventLog.open({
    pool,
    connect: () => connectTo(url, `${instance}-writer`),
    service,
    log,
    types: logDefinition.types,
    clock,
    ids,
    holder: instance,
    metrics: storeMetrics(registry),
  });

  await ensureStreams(bus, { replicas: config.nats.stream_replicas });
  const relay = new Relay({
    log: eventLog,
    frames: new FramePublisherJs(bus, service, log),
    publish: publisherOf(definition, bus),
    report: (error) => logger.warn({ err: error }, 'publishing waits; it will try again'),
  });
  const followers = new Followers({ service, log: eventLog, bus, rpc, logger });
  const fence = logDefinition.fenced ? makeFence(eventLog, instance, { bus, pool, config, clock, logger }) : null;
  const leadership = new Leadership(logger);
  const server = new RpcServer({ bus, service, logger, clock, vshards: new Set(), overloaded: core.overloaded });
  const keeper = new ShardKeeper({
    log: eventLog,
    instance,
    sharding: logDefinition.sharding,
    bus,
    leadership,
    serve: (owned) => server.setOwnedShards(owned),
    logger,
  });

  const health = async (): Promise<HealthReport> => {
    const away = bus.connected ? [] : ['NATS is away'];
    const problems = [...away, ...(await databaseProblems(pool)), ...keeper.problems()];
    const role = { leader: leadership.leads(), shards: keeper.shards() };
    const ready = problems.length === 0;
    if (ready) problems.push(...(await parkedProblems(pool)));
    return { service, instance, ready, problems, positions: followers.positions(), ...role };
  };
  const providers: Provider[] = [
    ...coreProviders(core, health),
    { provide: IDS, useValue: ids },
    { provide: POOL, useValue: pool },
    { provide: EventLog, useValue: eventLog },
    { provide: SubjectKeys, useValue: subjectKeys.keys },
    { provide: Followers, useValue: followers },
    { provide: Leadership, useValue: leadership },
    { provide: Fence, useValue: fence },
    ToTheOwnerInterceptor,
  ];
  const app: INestMicroservice = await NestFactory.createMicroservice(rootModule(definition, providers), {
    strategy: server,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new MatrixRpcFilter());
  app.useGlobalInterceptors(new DatabaseAwayInterceptor(), app.get(ToTheOwnerInterceptor), app.get(SeenInterceptor));
  // `init` would run the start-up hooks twice, once more when it registers the handlers, unless told otherwise.
  (app as NestMicroservice).setIsInitHookCalled(true);
  await app.init();

  const beacon = new HeadBeacon({ bus, service, log, head: () => ({ logId: eventLog.logId, pos: eventLog.head() }) });
  leadership.during({
    name: 'relay',
    // What the leader before left unpublished goes out before the fence tells anybody to have it.
    start: () => {
      relay.start();
      return drained(relay, eventLog.head(), logger);
    },
    stop: async () => {
      await drained(relay, eventLog.head(), logger);
      await relay.stop();
    },
  });
  leadership.during({ name: 'beacon', start: () => beacon.start(), stop: () => beacon.stop() });
  if (fence) leadership.during({ name: 'fence', start: () => fence.hold(), stop: () => fence.release() });
  leadership.during(followers);

  const logReads = serveLogReads(bus, service, log, eventLog);
  const endNotices = exchangeCommits(eventLog, instance, bus, () => keeper.others());
  await keeper.start();
  // Whoever has migrated since we looked could not see us yet.
  await confirmSchema(schema);
  await followers.startLocal();
  await app.listen();
  const healthServer = await serveHealth(config.server.health_listen, health, registry);
  gauge(registry, 'ganglion_log_head', 'Last position of the log of this service', () => eventLog.head());
  gauge(registry, 'ganglion_log_owned_vshards', 'Virtual shards that this process owns', () => keeper.shards());
  gauge(registry, 'ganglion_log_leader', '1 while this process leads the log', () => Number(leadership.leads()));
  serverMetrics(registry, server);
  readerMetrics(registry, followers);
  relayMetrics(registry, relay, () => leadership.leads());
  logger.info({ instance, head: eventLog.head(), healthPort: healthServer.port }, 'ready');

  return {
    name: service,
    healthPort: healthServer.port,
    failed: leadership.failed,
    stop: async () => {
      await healthServer.close();
      await app.close();
      await keeper.stop();
      endNotices();
      subjectKeys.stop();
      await logReads.stop();
      await followers.stopLocal();
      await eventLog.close();
      await bus.close();
      await pool.end();
    },
  };
}

const PUBLISH_WITHIN_MS = 2_000;

/** What was committed is out when it returns, if NATS is there; otherwise that comes later, here or with the next leader. */
async function drained(relay: Relay, pos: number, logger: Logger): Promise<void> {
  const inTime = await doneWithin(systemTimers, PUBLISH_WITHIN_MS, relay.drained(pos));
  if (!inTime) logger.warn({ pos }, 'going on before everything is published');
}

/** Providers that a process without a log shares with the others. */
export function coreProviders(core: Core, health: () => Promise<HealthReport>): Provider[] {
  return [
    { provide: CONFIG, useValue: core.config },
    { provide: LOGGER, useValue: core.logger },
    { provide: CLOCK, useValue: core.clock },
    { provide: REGISTRY, useValue: core.registry },
    { provide: INSTANCE, useValue: core.instance },
    { provide: HEALTH, useValue: health },
    { provide: Bus, useValue: core.bus },
    { provide: RpcClient, useValue: core.rpc },
  ];
}

export function rootModule(definition: ServiceDefinition, providers: Provider[]) {
  class Root {}
  return {
    module: Root,
    imports: [CoreModule.with(providers), ...(definition.log ? [ProjectionAdminModule] : []), definition.module],
  };
}

function publisherOf({ name, log }: ServiceDefinition, bus: Bus) {
  const publicEvent = log?.publicEvent;
  if (!publicEvent) return undefined;
  const publisher = new PublicEventPublisher(bus);
  return async (event: Parameters<typeof publicEvent>[0]) => {
    const message = publicEvent(event);
    if (!message) return;
    await publisher.publish(subjects.publicEvent(name, event.type, message.id), event.id, message.body);
  };
}

async function databaseProblems(pool: pg.Pool): Promise<string[]> {
  try {
    await pool.query('select 1');
    return [];
  } catch (error) {
    return [`the database does not answer: ${(error as Error).message}`];
  }
}
