/** Injection tokens of what every service gets from its chassis; classes are injected by themselves. */
export const CONFIG = Symbol('Config');
export const LOGGER = Symbol('Logger');
export const CLOCK = Symbol('Clock');
export const IDS = Symbol('Ids');
/** `pg.Pool` of the service's own database, for reads and projections. */
export const POOL = Symbol('Pool');
/** prom-client `Registry` of this service. */
export const REGISTRY = Symbol('Registry');
/** `() => Promise<HealthReport>` of this process. */
export const HEALTH = Symbol('Health');
/** Name of this process on the bus and in the fence; another one each time it starts. */
export const INSTANCE = Symbol('Instance');
