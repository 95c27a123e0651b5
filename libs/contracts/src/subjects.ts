import type { ServiceName } from './services.js';

/** Any Matrix identifier as one NATS token: unpadded base64url of its UTF-8 bytes. */
export function tok(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

/** Every subject there is, without the deployment's prefix (the bus adds it). */
export const subjects = {
  /** A command, to the owner of the virtual shard. */
  command: (service: ServiceName, vshard: number) => `cmd.${service}.${vshard}`,
  /** A question that any instance of the service answers. */
  query: (service: ServiceName, name: string) => `qry.${service}.${name}`,
  /** A question to every instance (health, metrics). */
  each: (service: ServiceName, name: string) => `each.${service}.${name}`,
  /** One message per commit batch. */
  frames: (service: ServiceName, log: string) => `evt.${service}.${log}`,
  /** Reads what a consumer missed, from the log itself. */
  logRead: (service: ServiceName, log: string) => `log.${service}.${log}.read`,
  /** Positions, rooms and users of a commit, for parked syncs. */
  wakeRooms: (log: string) => `wake.rooms.${log}`,
  /** The owners of the log's virtual shards have changed, or a process wants some: look. */
  owners: (log: string) => `own.${log}`,
  /** A process of the service has committed so far. */
  committed: (log: string) => `committed.${log}`,
  /** Data keys that were destroyed: forget them. */
  keysDestroyed: (service: ServiceName) => `keys.${service}.destroyed`,
  fenceRenew: (log: string) => `fence.${log}.renew`,
  fenceBarrier: (log: string) => `fence.${log}.barrier`,
  fenceAck: (log: string) => `fence.${log}.ack`,
  fenceLeave: (log: string) => `fence.${log}.leave`,
  /** A process that has revoked something asks the holder to say when it is in force everywhere. */
  fenceWait: (log: string) => `fence.${log}.wait`,
  /** One message per event for other people's services: `<domain>.<kind>.<event>.<tok(id)>`. */
  publicEvent: (domain: string, type: string, id: string) => `${domain}.${type}.${tok(id)}`,
};

/** Header names of design §3; values are text. */
export const headers = {
  requestId: 'req-id',
  budgetMs: 'budget-ms',
  minPos: 'min-pos',
  principal: 'principal',
  traceparent: 'traceparent',
  status: 'err-status',
  logId: 'log-id',
  from: 'from',
  to: 'to',
  types: 'types',
} as const;

/** The name of a service's only log so far; a second database of rooms would be another log. */
export const logOf = (service: ServiceName): string => service;
