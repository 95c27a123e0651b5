import { ConfigError } from '@ganglion/config';
import { routes, type RouteName } from '@ganglion/contracts';
import { addressRanges, type AddressRanges } from '@ganglion/requester';
import { Followers, type Core } from '@ganglion/service';
import type { RemoteHandler } from './edge/client-call.js';
import { EdgeMetrics } from './edge/edge-metrics.metrics.js';
import { HttpEdge } from './edge/http-edge.service.js';
import { Pipeline, type Handlers } from './edge/pipeline.service.js';
import { Forward } from './forward/forward.service.js';
import { AllMetrics } from './operations/all-metrics.service.js';
import { Readiness } from './operations/readiness.service.js';
import { localHandlers } from './own/local.handlers.js';
import { sessionParts } from './session/session.parts.js';
import { Sightings } from './sightings/sightings.service.js';
import { Sync } from './sync/sync.service.js';
import { WakeBook } from './sync/wake-book.js';

/** The gateway's parts, put together; nothing runs yet. */
export function gatewayParts(core: Core) {
  const { config, bus, rpc, clock, registry, instance, logger } = core;
  const followers = new Followers({ service: 'gateway', log: null, bus, rpc, logger });
  const sightings = new Sightings(rpc, bus, clock, config, registry);
  const { identity, fences, live } = sessionParts(core, followers, sightings);
  const book = new WakeBook();
  const sync = new Sync({
    rpc,
    clock,
    book,
    maxParked: config.gateway.max_parked,
    timeoutCapMs: config.gateway.sync_timeout_max_ms,
    computeTimeoutMs: config.server.request_timeout_ms,
  });
  const readiness = new Readiness(bus, fences, clock);
  const figures = new AllMetrics(rpc, registry, instance);
  const forward = new Forward(rpc, config.server.request_timeout_ms);
  const remote: Partial<Record<RouteName, RemoteHandler>> = {
    sync: (call, signal) => sync.handle(call, signal),
    ready: () => readiness.handle(),
    metrics: () => figures.handle(),
  };
  const handlers: Handlers = {
    local: localHandlers(config),
    remote: new Map(Object.entries(remote)),
    forward: (call, signal) => forward.handle(call, signal),
  };
  demandAll(handlers);
  const pipeline = new Pipeline({
    identity,
    fences,
    live,
    sightings,
    trustedProxies: trustedProxies(config.server.trusted_proxies),
    serverName: config.server.server_name,
    handlers,
  });
  const metrics = new EdgeMetrics(registry, {
    parked: () => book.parked.size,
    cut: () => live.cutTotal,
    live: () => live.size,
    fence: () => Number(fences.isOpen()),
  });
  const edge = new HttpEdge({ pipeline, metrics, clock, logger });
  return { followers, fences, book, sync, readiness, edge };
}

/** A route of our own that nobody handles would be asked of ourselves over the bus. */
function demandAll({ local, remote }: Handlers): void {
  for (const { name, owner } of Object.values(routes)) {
    if (owner === 'gateway' && !local.has(name) && !remote.has(name)) throw new Error(`nothing handles route ${name}`);
  }
}

function trustedProxies(ranges: readonly string[]): AddressRanges {
  try {
    return addressRanges(ranges);
  } catch (error) {
    throw new ConfigError([`server.trusted_proxies: ${(error as Error).message}`]);
  }
}
