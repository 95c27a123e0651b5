import { ConfigError } from '@ganglion/config';
import { routes, type RouteName } from '@ganglion/contracts';
import { systemTimers } from '@ganglion/kernel';
import { addressRanges, type AddressRanges } from '@ganglion/requester';
import { Followers, type Core } from '@ganglion/service';
import { Admission } from './edge/admission.js';
import type { RemoteHandler } from './edge/client-call.js';
import { EdgeMetrics } from './edge/edge-metrics.metrics.js';
import { HttpEdge } from './edge/http-edge.service.js';
import { Pipeline, type Handlers } from './edge/pipeline.service.js';
import { Places } from './edge/places.js';
import { Forward } from './forward/forward.service.js';
import { LastWrites } from './forward/last-writes.js';
import { AllMetrics } from './operations/all-metrics.service.js';
import { Readiness } from './operations/readiness.service.js';
import { localHandlers } from './own/local.handlers.js';
import { sessionParts } from './session/session.parts.js';
import { Sightings } from './sightings/sightings.service.js';
import { Sync } from './sync/sync.service.js';
import { WakeBook } from './sync/wake-book.js';

/** The gateway's parts, put together; nothing runs yet. */
export function gatewayParts(core: Core) {
  const { config, bus, rpc, clock, registry, instance, logger, overloaded } = core;
  const followers = new Followers({ service: 'gateway', log: null, bus, rpc, logger });
  const sightings = new Sightings(rpc, bus, clock, config, registry);
  const { identity, fences, live } = sessionParts(core, followers, sightings);
  const book = new WakeBook();
  const writes = new LastWrites();
  const sync = new Sync({
    rpc,
    writes,
    clock,
    book,
    maxParked: config.gateway.max_parked,
    timeoutCapMs: config.gateway.sync_timeout_max_ms,
    computeTimeoutMs: config.server.request_timeout_ms,
  });
  const readiness = new Readiness(rpc, bus, fences, clock);
  const figures = new AllMetrics(rpc, registry, instance);
  const { request_timeout_ms: timeoutMs, server_name: serverName } = config.server;
  const { max_in_flight: most, slow_answer_ms: slowMs } = config.gateway;
  const places = new Places({ clock, most, slowMs });
  const admission = new Admission({ overloaded, places, timers: systemTimers });
  const forward = new Forward({ rpc, writes, timeoutMs, serverName });
  const remote: Partial<Record<RouteName, RemoteHandler>> = {
    sync: (call, signal) => sync.handle(call, signal),
    ready: () => readiness.handle(),
    metrics: () => figures.handle(),
  };
  const handlers: Handlers = {
    local: localHandlers(config),
    remote: new Map(Object.entries(remote)),
    forward: (call, signal) => admission.during(() => forward.handle(call, signal)),
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
    admission,
  });
  const metrics = new EdgeMetrics(registry, {
    parked: () => book.parked.size,
    cut: () => live.cutTotal,
    live: () => live.size,
    fence: () => Number(fences.isOpen()),
    inFlight: () => places.size,
    inFlightLimit: () => places.capacity,
    refused: () => admission.refused,
  });
  const edge = new HttpEdge({
    pipeline,
    metrics,
    clock,
    logger,
    honourTraceparent: config.observability.tracing.honour_traceparent,
  });
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
