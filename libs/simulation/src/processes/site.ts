import type { Logger } from '@ganglion/observability';
import type { EventSink } from '@ganglion/contracts';
import type { FenceTimes } from '@ganglion/fence';
import type { EventLog, Relay } from '@ganglion/event-store';
import { LEADER, type Sharding } from '@ganglion/service';
import type pg from 'pg';
import type { Audit } from '../worlds/audit.js';
import type { DatabaseServer } from '../database/database-server.js';
import type { NatsServer } from '../network/nats-server.js';
import type { Life } from '../time/life.js';
import { HeardProjection } from './heard-projection.js';

/** The service whose log is simulated; which one makes no difference. */
export const SERVICE = 'auth';
export const LOG = 'auth';
export const STREAMS_NEEDED = ['EVT_AUTH', 'PUB_AUTH'];
/** Where a replica gets a snapshot. */
export const SNAPSHOT_SUBJECT = 'qry.auth.snapshot';

/** What all processes of a world have in common. */
export interface Site {
  nats: NatsServer;
  /** Holds the log. */
  database: DatabaseServer;
  /** Holds the projection that other services keep of it. */
  readerDatabase: DatabaseServer;
  audit: Audit;
  sharding: Sharding;
  /** Null: nobody serves under a fence. */
  fence: FenceTimes | null;
  parts: Parts;
}

/** What tests of the simulation itself replace by something broken. */
export interface Parts {
  makeProjection: (pool: pg.Pool, name: string) => EventSink;
  /** Whether a process may act as holder of the fence. */
  holds: (log: EventLog) => boolean;
  /** May change what a process of the service is made of. */
  tamper: (made: { log: EventLog; relay: Relay }) => void;
}

export const SOUND: Parts = {
  makeProjection: (pool, name) => new HeardProjection(pool, name),
  holds: (log) => log.ownsSurely(LEADER),
  tamper: () => undefined,
};

/** Ends the process, as an error does that nobody has caught. */
export type Exit = (reason: unknown) => void;

/** One running process of whichever kind. */
export interface Process {
  readonly life: Life;
  sever(what: 'nats' | 'database'): void;
  mend(): void;
  breakNats(): void;
  /** As on SIGTERM. */
  stop(): Promise<void>;
}

/** Nobody reads logs here. The few methods that are called do nothing. */
export const silent = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Logger;
