import { EVENT_LOG_SCHEMA } from '@ganglion/event-store';
import type { Config } from '@ganglion/config';
import type { LogService } from '@ganglion/contracts';
import type { Logger } from '@ganglion/observability';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';

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

/** Any number; processes of one database that migrate at the same time wait for each other on it. */
const MIGRATION_LOCK = 7_264_001;

/** Brings the schema up to date, one process at a time. */
export async function migrate(
  url: string,
  migrations: (new () => MigrationInterface)[],
  fenced: boolean,
  logger: Logger,
): Promise<DataSource> {
  const all = [EventLog1700000000000, ...(fenced ? [FenceMembers1700000000001] : []), ...migrations];
  const source = new DataSource({
    type: 'postgres',
    url,
    migrations: all,
    migrationsTransactionMode: 'each',
    poolSize: 3,
    logging: false,
  });
  await source.initialize();
  const lock = new pg.Client({ connectionString: url });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const done = await source.runMigrations();
    if (done.length > 0) logger.info({ migrations: done.map(({ name }) => name) }, 'schema brought up to date');
  } finally {
    await lock.end();
  }
  return source;
}
