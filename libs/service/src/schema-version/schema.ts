import type { Logger } from '@ganglion/observability';
import type { Timers } from '@ganglion/event-store';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { GANGLION_VERSION } from './build.js';
import { liveProcesses, runningLeases } from './live-processes.js';
import { describeMigrations, type SchemaMigrations } from './migration.js';
import { readRestoreMark } from './restore-mark.js';
import { planSchema, type SchemaPlan } from './schema-plan.js';
import { diverged, manualOnly, restoreUnfinished, stillServed, tooNew } from './schema-version.errors.js';
import { ensureVersionTable, readApplied, recordStatement } from './schema-version.store.js';

export interface SchemaOptions {
  /** Of the database. */
  url: string;
  service: string;
  migrations: SchemaMigrations;
  /** Ganglion version to be recorded; our own unless told. */
  build?: string;
  timers?: Timers;
}

/**
 * Any number: an advisory lock of the database. Whoever migrates has it alone; whoever needs the schema to stay as it is (a
 * process that looks whether it may start, a backup) shares it.
 */
export const MIGRATION_LOCK = 7_264_001;

export interface MigrateOptions extends SchemaOptions {
  /** `manual`: refuse instead of migrating. `restore`: of a database that is being restored. */
  mode: 'auto' | 'manual' | 'restore';
  logger?: Logger;
  onMigration?: (name: string) => void;
}

/**
 * Brings a database to what this build needs, one process at a time. Every migration and its row in `schema_version` are one
 * transaction: a crash leaves a schema that says exactly what it is.
 * @returns what was found, and the names of migrations that were run
 * @throws  SchemaRefused
 */
export async function bringUpToDate(options: MigrateOptions): Promise<{ plan: SchemaPlan; ran: string[] }> {
  const plan = await underLock(options.url, 'shared', (client) => look(client, options));
  if (plan.pending.length === 0) return { plan, ran: [] };
  if (options.mode === 'manual') throw manualOnly(options.service, plan);
  const pending = plan.pending.map(({ name }) => name);
  options.logger?.info({ pending }, 'bringing the schema up to date, when no backup and no other process is at it');
  return underLock(options.url, 'exclusive', async (client) => migrateNow(client, options));
}

/** Somebody else may have migrated while the lock was waited for. */
async function migrateNow(client: pg.Client, options: MigrateOptions): Promise<{ plan: SchemaPlan; ran: string[] }> {
  const { service, logger, timers } = options;
  const plan = await look(client, options);
  if (plan.pending.length === 0) return { plan, ran: [] };
  if (!plan.oldProcessesMayServe && plan.version > 0) {
    const living = await liveProcesses(client, timers);
    if (living.length > 0) throw stillServed(service, plan, living);
  }
  await ensureVersionTable(client);
  const ran = await run(options);
  logger?.info({ migrations: ran, version: plan.version + ran.length }, 'schema brought up to date');
  return { plan, ran };
}

async function look(client: pg.Client, { service, migrations, mode }: MigrateOptions): Promise<SchemaPlan> {
  if (mode !== 'restore') await refuseUnfinished(client, service);
  const plan = planSchema(describeMigrations(migrations), await readApplied(client));
  refuseUnfit(service, plan);
  return plan;
}

/**
 * Whether this build may serve on the schema as it is now, waiting for a migration under way. Asked again by a process that has
 * just become visible as an owner: whoever migrated in between could not see it.
 * @throws SchemaRefused
 */
export async function confirmSchema({ url, service, migrations }: SchemaOptions): Promise<void> {
  await underLock(url, 'shared', async (client) => {
    await refuseUnfinished(client, service);
    refuseUnfit(service, planSchema(describeMigrations(migrations), await readApplied(client)));
  });
}

/**
 * What there is, changing nothing. `serving`: processes that hold a lease.
 * @throws SchemaRefused when a restore of it was interrupted
 */
export async function inspectSchema({
  url,
  service,
  migrations,
}: SchemaOptions): Promise<{ plan: SchemaPlan; serving: string[] }> {
  return connected(url, async (client) => {
    await refuseUnfinished(client, service);
    const plan = planSchema(describeMigrations(migrations), await readApplied(client));
    return { plan, serving: (await runningLeases(client)).map(({ holder }) => holder) };
  });
}

function refuseUnfit(service: string, plan: SchemaPlan): void {
  if (plan.verdict === 'too-new') throw tooNew(service, plan);
  if (plan.verdict === 'diverged') throw diverged(service, plan);
}

async function refuseUnfinished(client: pg.Client, service: string): Promise<void> {
  const mark = await readRestoreMark(client);
  if (mark && !mark.finished) throw restoreUnfinished(service, mark.backup);
}

async function run({ url, migrations, build = GANGLION_VERSION, onMigration }: MigrateOptions) {
  const recorded = migrations.map((Migration) => recording(Migration, build, onMigration));
  const source = new DataSource({ type: 'postgres', url, migrations: recorded, poolSize: 1, logging: false });
  await source.initialize();
  try {
    return (await source.runMigrations({ transaction: 'each' })).map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}

/** The same migration, which also writes down that it was run. */
function recording(
  Migration: SchemaMigrations[number],
  build: string,
  onMigration?: (name: string) => void,
): new () => MigrationInterface {
  return class {
    private readonly inner = new Migration();
    readonly name = this.inner.name;
    async up(runner: QueryRunner): Promise<void> {
      const { name, oldProcessesMayServe = false } = this.inner;
      onMigration?.(name);
      await this.inner.up(runner);
      const { text, values } = recordStatement(name, oldProcessesMayServe, build);
      await runner.query(text, values);
    }
    down(runner: QueryRunner): Promise<void> {
      return this.inner.down(runner);
    }
  };
}

function underLock<T>(url: string, how: 'exclusive' | 'shared', work: (client: pg.Client) => Promise<T>): Promise<T> {
  return connected(url, async (client) => {
    const take = how === 'shared' ? 'pg_advisory_lock_shared' : 'pg_advisory_lock';
    await client.query(`select ${take}($1)`, [MIGRATION_LOCK]); // given back with the connection
    return work(client);
  });
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  let broken: Error | undefined;
  client.on('error', (error) => (broken = error)); // between two statements; the next one fails by it as well
  await client.connect();
  try {
    const result = await work(client);
    if (broken) throw broken; // whoever was let in meanwhile did not find the lock
    return result;
  } finally {
    await client.end();
  }
}
