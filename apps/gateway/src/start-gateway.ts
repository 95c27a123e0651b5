import { routes } from '@ganglion/contracts';
import { makeIds } from '@ganglion/kernel';
import { MatrixRpcFilter, RpcServer } from '@ganglion/messaging';
import { nestLogger, type Logger } from '@ganglion/observability';
import {
  coreProviders,
  Followers,
  openCore,
  readerMetrics,
  rootModule,
  serveHealth,
  serverMetrics,
  type HealthReport,
  type Overrides,
  type RunningService,
  type ServiceDefinition,
} from '@ganglion/service';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { acceptClients, refuseClients, type ListenHandle } from './edge/client-listener.http.js';
import { EdgeAdapter } from './edge/edge.adapter.js';
import { endpointsOf } from './edge/endpoints.js';
import { listenAddress, urlOf } from './edge/listen-address.js';
import { requestIds } from './edge/request-ids.js';
import { GatewayModule } from './gateway.module.js';
import { gatewayParts } from './gateway.parts.js';
import { listenToWakes } from './sync/wakes.listener.js';

const definition: ServiceDefinition = { name: 'gateway', module: GatewayModule };

/** How long a start waits for the services; after that the gateway stands and answers 503 until they come. */
const PATIENCE_MS = 15_000;
/** How long a stop waits for what is under way. */
const DRAIN_MS = 8_000;

/**
 * Opens the HTTP listener, follows auth, moderation and appservice, joins their fences. Returns when it can serve, or
 * after a while without the services; then it refuses authenticated requests with 503 until they are there.
 * @param handed  a socket bound by another process, to listen on instead of `server.listen`
 */
export async function startGateway(
  overrides: Overrides = {},
  handed?: Promise<ListenHandle>,
): Promise<RunningService & { url: string }> {
  const core = await openCore(definition, overrides);
  const { config, clock, logger, bus, registry, instance } = core;
  const parts = gatewayParts(core);
  const { followers, fences, book, sync, edge } = parts;

  const health = async (): Promise<HealthReport> => {
    const problems = [...(bus.connected ? [] : ['NATS is away']), ...fences.problems()];
    return { service: 'gateway', instance, ready: problems.length === 0, problems, positions: followers.positions() };
  };
  const providers = [...coreProviders(core, health), { provide: Followers, useValue: followers }];
  const adapter = new EdgeAdapter(requestIds(makeIds(() => clock.nowMs())), edge.badAddress);
  const app = await NestFactory.create<NestFastifyApplication>(rootModule(definition, providers), adapter, {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new MatrixRpcFilter());
  const server = new RpcServer({ bus, service: 'gateway', logger });
  app.connectMicroservice({ strategy: server }, { inheritAppConfig: true });
  edge.register(adapter.getInstance(), endpointsOf(Object.values(routes)));

  const wakes = listenToWakes(bus, book);
  await followers.startLocal();
  fences.start();
  await app.startAllMicroservices();
  const address = listenAddress(config.server.listen);
  const socket = await handed;
  // On our own socket nobody else can answer; on a shared one another gateway does, or the client waits for us.
  if (!socket) await acceptClients(app, address);
  const healthServer = await serveHealth(config.server.health_listen, health, registry);
  serverMetrics(registry, server);
  readerMetrics(registry, followers);
  await untilServing(parts, logger);
  if (socket) await acceptClients(app, socket);
  const url = urlOf(address.host, (app.getHttpServer().address() as { port: number }).port);
  logger.info({ instance, url, healthPort: healthServer.port }, 'ready');

  return {
    name: 'gateway',
    healthPort: healthServer.port,
    url,
    stop: async () => {
      edge.drain();
      sync.drain();
      await refuseClients(app);
      const impatience = setTimeout(() => app.getHttpServer().closeAllConnections(), DRAIN_MS);
      await app.close();
      clearTimeout(impatience);
      wakes();
      fences.stop();
      await followers.stopLocal();
      await healthServer.close();
      await bus.close();
    },
  };
}

/** Until it can serve, or for so long; clients then get 503. */
async function untilServing({ followers, fences }: ReturnType<typeof gatewayParts>, logger: Logger): Promise<void> {
  const serving = followers.caughtUp().then(() => fences.open(PATIENCE_MS));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, PATIENCE_MS, new Error('the services are not all there yet'));
  });
  try {
    await Promise.race([serving, late]);
  } catch (err) {
    logger.warn({ err, problems: fences.problems() }, 'requests that need an account are refused with 503 until then');
  } finally {
    clearTimeout(timer);
  }
}
