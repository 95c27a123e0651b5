import {
  CANDIDATE_SCHEMA,
  DATA_KEY_SCHEMA,
  EVENT_CHAIN_SCHEMA,
  EVENT_LOG_SCHEMA,
  PARKED_SCHEMA,
} from '@ganglion/event-store';
import type { Config } from '@ganglion/config';
import type { LogService } from '@ganglion/contracts';
import type { Logger } from '@ganglion/observability';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import type { ServiceDefinition } from './definition.js';
import type { SchemaMigrations } from './schema-version/migration.js';
import { bringUpToDate } from './schema-version/schema.js';

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

/** The tables of the event log, first migration of every service that has one. */
class EventLog1700000000000 implements MigrationInterface {
  name = 'EventLog1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(EVENT_LOG_SCHEMA);
  }
  async down(): Promise<void> {
    throw new Error('The event log is never dropped by a migration');
  }
}

/** Members of the fence that this service holds, so that after a restart it knows whom to wait for. */
class FenceMembers1700000000001 implements MigrationInterface {
  name = 'FenceMembers1700000000001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table fence_member (member_id text primary key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table fence_member');
  }
}

/** Processes that share a log's virtual shards. */
class Candidates1700000000002 implements MigrationInterface {
  name = 'Candidates1700000000002';
  readonly oldProcessesMayServe = true;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CANDIDATE_SCHEMA);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table candidate');
  }
}

/** Events that projections could not apply. */
class ParkedEvents1700000000004 implements MigrationInterface {
  name = 'ParkedEvents1700000000004';
  readonly oldProcessesMayServe = true;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PARKED_SCHEMA);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table parked');
  }
}

/** Links of the events, those that are there included: appends and reads wait for it. */
class EventChain1700000000005 implements MigrationInterface {
  name = 'EventChain1700000000005';
  readonly oldProcessesMayServe = true;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(EVENT_CHAIN_SCHEMA);
  }
  async down(): Promise<void> {
    throw new Error('The links of the event log are never dropped by a migration');
  }
}

/** Keys of the people that events speak of. */
class DataKeys1700000000006 implements MigrationInterface {
  name = 'DataKeys1700000000006';
  readonly oldProcessesMayServe = true;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DATA_KEY_SCHEMA);
  }
  async down(): Promise<void> {
    throw new Error('Data keys are never dropped by a migration: without them what they sealed is lost');
  }
}

/** Every migration of a service's database: those of the log and its surroundings, then its own. */
export function migrationsOf({
  migrations,
  fenced,
}: Pick<NonNullable<ServiceDefinition['log']>, 'migrations' | 'fenced'>): SchemaMigrations {
  const fence = fenced ? [FenceMembers1700000000001] : [];
  return [
    EventLog1700000000000,
    ...fence,
    Candidates1700000000002,
    ParkedEvents1700000000004,
    EventChain1700000000005,
    DataKeys1700000000006,
    ...migrations,
  ];
}

/**
 * Brings the schema up to date, one process at a time, and opens it for TypeORM.
 * @throws SchemaRefused when this build must not serve on the database, or not yet
 */
export async function migrate(
  url: string,
  migrations: SchemaMigrations,
  fenced: boolean,
  logger: Logger,
  { service = 'service', mode = 'auto' }: { service?: string; mode?: 'auto' | 'manual' } = {},
): Promise<DataSource> {
  await bringUpToDate({ url, service, migrations: migrationsOf({ migrations, fenced }), mode, logger });
  const source = new DataSource({ type: 'postgres', url, poolSize: 3, logging: false });
  return source.initialize();
}
