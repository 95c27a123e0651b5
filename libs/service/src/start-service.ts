import { loadConfig, processEnvironment, type Config } from '@ganglion/config';
import { logOf, subjects, type LogService } from '@ganglion/contracts';
import { EventLog, Relay } from '@ganglion/event-store';
import { FenceHolder } from '@ganglion/fence';
import { makeIds, systemClock, type Clock } from '@ganglion/kernel';
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
import { Registry, createLogger, createRegistry, gauge, nestLogger, type Logger } from '@ganglion/observability';
import type { INestMicroservice, Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestMicroservice } from '@nestjs/microservices';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { CoreModule } from './core.module.js';
import { DatabaseAwayInterceptor } from './database-away.js';
import { databaseUrl, migrate } from './database.js';
import type { RunningService, ServiceDefinition } from './definition.js';
import { fenceHolder } from './fence-wiring.js';
import { Followers } from './followers.js';
import { serveHealth, type HealthReport } from './health.js';
import { ownLog } from './ownership.js';
import { SeenInterceptor } from './seen.interceptor.js';
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
}

/** Parts a test may put in place of the real ones. */
export interface Overrides {
  config?: Config;
  clock?: Clock;
  logger?: Logger;
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
  return { definition, config, logger, clock, registry, instance, bus, rpc };
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
  const source = await migrate(url, logDefinition.migrations, logDefinition.fenced, logger);
  const pool = new pg.Pool({ connectionString: url, max: 8, application_name: `${instance}-reads` });
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection broke'));
  const ids = makeIds(() => clock.nowMs());
  const eventLog = await EventLog.open({
    pool,
    connect: async () => {
      const client = new pg.Client({ connectionString: url, application_name: `${instance}-writer` });
      await client.connect();
      return client;
    },
    service,
    log,
    types: logDefinition.types,
    clock,
    ids,
    holder: instance,
  });
  const ownership = await ownLog(eventLog, logger);

  await ensureStreams(bus, { replicas: config.nats.stream_replicas });
  const relay = new Relay({
    log: eventLog,
    frames: new FramePublisherJs(bus, service, log),
    publish: publisherOf(definition, bus),
    report: (error) => logger.warn({ err: error }, 'publishing waits; it will try again'),
  });
  const followers = new Followers({ service, log: eventLog, bus, rpc, logger });
  const head = () => ({ logId: eventLog.logId, pos: eventLog.head() });
  const holder = logDefinition.fenced ? fenceHolder(log, instance, head, { bus, pool, config, clock, logger }) : null;

  const health = async (): Promise<HealthReport> => {
    const problems = [...(bus.connected ? [] : ['NATS is away']), ...(await databaseProblems(pool))];
    return { service, instance, ready: problems.length === 0, problems, positions: followers.positions() };
  };
  const server = new RpcServer({ bus, service, logger, clock });
  const providers: Provider[] = [
    ...coreProviders(core, health),
    { provide: IDS, useValue: ids },
    { provide: POOL, useValue: pool },
    { provide: DataSource, useValue: source },
    { provide: EventLog, useValue: eventLog },
    { provide: Relay, useValue: relay },
    { provide: Followers, useValue: followers },
    { provide: FenceHolder, useValue: holder },
  ];
  const app: INestMicroservice = await NestFactory.createMicroservice(rootModule(definition, providers), {
    strategy: server,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new MatrixRpcFilter());
  app.useGlobalInterceptors(new DatabaseAwayInterceptor(), app.get(SeenInterceptor));
  // `init` would run the start-up hooks twice, once more when it registers the handlers, unless told otherwise.
  (app as NestMicroservice).setIsInitHookCalled(true);
  await app.init();

  const beacon = new HeadBeacon({ bus, service, log, head });
  const logReads = serveLogReads(bus, service, log, eventLog);
  relay.start();
  beacon.start();
  await holder?.start();
  await followers.start();
  await app.listen();
  const healthServer = await serveHealth(config.server.health_listen, health, registry);
  gauge(registry, 'ganglion_log_head', 'Last position of the log of this service', () => eventLog.head());
  logger.info({ instance, head: eventLog.head(), healthPort: healthServer.port }, 'ready');

  return {
    name: service,
    healthPort: healthServer.port,
    lost: ownership.lost,
    stop: async () => {
      await healthServer.close();
      await app.close();
      ownership.stop();
      await published(relay, eventLog.head(), logger);
      await relay.stop();
      holder?.stop();
      beacon.stop();
      await logReads.stop();
      await followers.stop();
      await eventLog.close();
      await bus.close();
      await source.destroy();
      await pool.end();
    },
  };
}

const PUBLISH_WITHIN_MS = 2_000;

/** What was committed goes out before we do, if NATS is there; otherwise the next start publishes it. */
async function published(relay: Relay, pos: number, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), PUBLISH_WITHIN_MS)));
  const outcome = await Promise.race([late, relay.drained(pos)]);
  clearTimeout(timer);
  if (outcome === 'late') logger.warn({ pos }, 'stopping before everything is published; the next start goes on');
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
  return { module: Root, imports: [CoreModule.with(providers), definition.module] };
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
