import type { LogService, ServiceName, StoredEvent } from '@ganglion/contracts';
import type { EventTypes } from '@ganglion/event-store';
import type { DynamicModule, Type } from '@nestjs/common';
import type { Sharding } from './ownership/share.js';
import type { SchemaMigrations } from './schema-version/migration.js';

/** What makes one service different from the next; the rest is the chassis. */
export interface ServiceDefinition {
  name: ServiceName;
  /** Root module of the app; injects what the chassis provides (tokens.ts, `EventLog`, `RpcClient`, `Followers`, …). */
  module: Type<unknown> | DynamicModule;
  /** Absent: the service keeps nothing (gateway). */
  log?: {
    types: EventTypes;
    /** Of its read models; those of the log come from the chassis. In order. */
    migrations: SchemaMigrations;
    /** Which events other people's services may read, under which id, and what of them. Null: none of it is public. */
    publicEvent: ((event: StoredEvent) => { id: string; body: object } | null) | null;
    /** The service revokes things that others serve from replicas (auth, moderation). */
    fenced: boolean;
    /** Who writes: all processes of the service, each its share, or one of them. */
    sharding: Sharding;
  };
}

export interface RunningService {
  name: ServiceName;
  /** Port of its own health and metrics. */
  healthPort: number;
  /** Where clients connect; the gateway's only. */
  url?: string;
  /** Resolves with the reason when it cannot go on and has to stop. Absent: that cannot happen. */
  failed?: Promise<unknown>;
  stop(): Promise<void>;
}

export type { LogService };
