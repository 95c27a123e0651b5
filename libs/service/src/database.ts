import {
  CANDIDATE_SCHEMA,
  DATA_KEY_SCHEMA,
  EVENT_CHAIN_SCHEMA,
  EVENT_LOG_SCHEMA,
  PARKED_SCHEMA,
} from '@ganglion/event-store';
import type { Config } from '@ganglion/config';
import type { LogService } from '@ganglion/contracts';
import type { QueryRunner } from 'typeorm';
import type { ServiceDefinition } from './definition.js';
import type { SchemaMigration, SchemaMigrations } from './schema-version/migration.js';

/** The service's own database: `<section>.database_url`, else `ganglion_<service>` on `postgres.url`. */
export function databaseUrl(config: Config, service: LogService): string {
  const own = config[service].database_url;
  if (own) return own;
  if (!config.postgres.url) {
    throw new Error(
      `No database for ${service}: set GANGLION_POSTGRES_URL (it will use the database ganglion_${service} there) ` +
        `or GANGLION_${service.toUpperCase()}__DATABASE_URL, or start everything with \`npm start\`.`,
    );
  }
  const url = new URL(config.postgres.url);
  url.pathname = `/ganglion_${service}`;
  return url.href;
}

/** A step that runs plain SQL. @param down  SQL, or why there is no way back */
function step(
  name: string,
  up: string,
  down: string | { never: string },
  { oldProcessesMayServe = false } = {},
): new () => SchemaMigration {
  return class implements SchemaMigration {
    readonly name = name;
    readonly oldProcessesMayServe = oldProcessesMayServe;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(up);
    }
    async down(runner: QueryRunner): Promise<void> {
      if (typeof down !== 'string') throw new Error(down.never);
      await runner.query(down);
    }
  };
}

const ONLY_ADDS = { oldProcessesMayServe: true };

const eventLog = step('EventLog1700000000000', EVENT_LOG_SCHEMA, {
  never: 'The event log is never dropped by a migration',
});
/** Members of the fence that this service holds, so that after a restart it knows whom to wait for. */
const fenceMembers = step(
  'FenceMembers1700000000001',
  'create table fence_member (member_id text primary key)',
  'drop table fence_member',
);
/** Processes that share a log's virtual shards. */
const candidates = step('Candidates1700000000002', CANDIDATE_SCHEMA, 'drop table candidate', ONLY_ADDS);
/** Events that projections could not apply. */
const parkedEvents = step('ParkedEvents1700000000004', PARKED_SCHEMA, 'drop table parked', ONLY_ADDS);
/** Links of the events, those that are there included: appends and reads wait for it. */
const eventChain = step(
  'EventChain1700000000005',
  EVENT_CHAIN_SCHEMA,
  { never: 'The links of the event log are never dropped by a migration' },
  ONLY_ADDS,
);
/** Keys of the people that events speak of. */
const dataKeys = step(
  'DataKeys1700000000006',
  DATA_KEY_SCHEMA,
  { never: 'Data keys are never dropped by a migration: without them what they sealed is lost' },
  ONLY_ADDS,
);

/** Every migration of a service's database: those of the log and its surroundings, then its own. */
export function migrationsOf({
  migrations,
  fenced,
}: Pick<NonNullable<ServiceDefinition['log']>, 'migrations' | 'fenced'>): SchemaMigrations {
  return [eventLog, ...(fenced ? [fenceMembers] : []), candidates, parkedEvents, eventChain, dataKeys, ...migrations];
}
