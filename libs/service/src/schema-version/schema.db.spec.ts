import { CURRENT_LOG_SCHEMA } from '@ganglion/event-store';
import type { Timers } from '@ganglion/event-store';
import { makeDatabase } from '@ganglion/testing';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import type { SchemaMigrations } from './migration.js';
import { beginRestore, finishRestore } from './restore-mark.js';
import { bringUpToDate, confirmSchema, inspectSchema } from './schema.js';
import { SchemaRefused } from './schema-version.errors.js';

function migration(name: string, sql: string, oldProcessesMayServe?: true): SchemaMigrations[number] {
  return class {
    readonly name = name;
    readonly oldProcessesMayServe = oldProcessesMayServe ?? false;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql);
    }
    async down(): Promise<void> {}
  };
}

const first = migration('First1700000000000', `${CURRENT_LOG_SCHEMA} create table lamp (id text)`);
const adds = migration('Adds1700000000001', 'alter table lamp add column colour text', true);
const changes = migration('Changes1700000000002', 'alter table lamp drop column id');

/** Three versions of one service. */
const V1: SchemaMigrations = [first];
const V2: SchemaMigrations = [first, adds];
const V3: SchemaMigrations = [first, adds, changes];

/** Leases run out at once. */
const impatient: Timers = {
  after: (_delayMs, run) => {
    setImmediate(run);
    return () => undefined;
  },
};

describe('the schema of a service', () => {
  let url: string;
  let drop: () => Promise<void>;
  let pool: pg.Pool;

  beforeEach(async () => {
    ({ url, drop } = await makeDatabase());
    pool = new pg.Pool({ connectionString: url });
  });
  afterEach(async () => {
    await pool.end();
    await drop();
  });

  const start = (migrations: SchemaMigrations, build: string, mode: 'auto' | 'manual' = 'auto') =>
    bringUpToDate({ url, service: 'lamps', migrations, mode, build, timers: impatient });
  const versions = async () =>
    (await pool.query('select version, migration, compatible_since, build from schema_version order by version')).rows;
  const columns = async () =>
    (await pool.query(`select column_name as name from information_schema.columns where table_name = 'lamp'`)).rows.map(
      ({ name }) => name as string,
    );
  const serve = (holder: string, leaseSeconds: number) =>
    pool.query(
      `with l as (insert into log (log) values ('lamps') on conflict (log) do update set head = log.head returning log)
       insert into owner (log, vshard, epoch, holder, until)
       select log, 1, 1, $1, clock_timestamp() + $2 * interval '1 second' from l`,
      [holder, leaseSeconds],
    );

  it('is made, and says who made it', async () => {
    expect((await start(V2, '0.2.0')).ran).toEqual(['First1700000000000', 'Adds1700000000001']);
    expect(await versions()).toEqual([
      { version: 1, migration: 'First1700000000000', compatible_since: 1, build: '0.2.0' },
      { version: 2, migration: 'Adds1700000000001', compatible_since: 1, build: '0.2.0' },
    ]);
    expect((await start(V2, '0.2.0')).ran).toEqual([]);
  });

  it('is raised beside processes of the old version when that does not hurt them, and they can start again', async () => {
    await start(V1, '0.1.0');
    await serve('old', 60);
    expect((await start(V2, '0.2.0')).ran).toEqual(['Adds1700000000001']);
    await expect(start(V1, '0.1.0')).resolves.toMatchObject({ plan: { verdict: 'ahead' }, ran: [] });
    await expect(confirmSchema({ url, service: 'lamps', migrations: V1 })).resolves.toBeUndefined();
  });

  it('is not changed under processes of an old version, and nothing of it is', async () => {
    await start(V1, '0.1.0');
    await serve('old-process', 60);
    await expect(start(V3, '0.3.0')).rejects.toThrow(/Changes1700000000002 must not run while .*: old-process/);
    expect(await columns()).toEqual(['id']);
    expect(await versions()).toHaveLength(1);
  });

  it('is changed when they have stopped, or their leases have run out, and then lets none of them in', async () => {
    await start(V2, '0.2.0');
    await serve('dead', -1);
    expect((await start(V3, '0.3.0')).ran).toEqual(['Changes1700000000002']);
    expect((await versions()).at(-1)).toMatchObject({ version: 3, compatible_since: 3, build: '0.3.0' });
    const refusal = start(V2, '0.2.0');
    await expect(refusal).rejects.toThrow(SchemaRefused);
    await expect(refusal).rejects.toThrow(/version 3, made by Ganglion 0.3.0.*Start Ganglion 0.3.0 or a newer one/);
    await expect(confirmSchema({ url, service: 'lamps', migrations: V2 })).rejects.toThrow(SchemaRefused);
  });

  it('waits for a process that was killed a moment ago, rather than taking it for a living one', async () => {
    await start(V2, '0.2.0');
    await serve('killed', 60);
    const timers: Timers = {
      after: (delayMs, run) => {
        expect(delayMs).toBeGreaterThan(10_000);
        void pool.query('update owner set until = clock_timestamp()').then(run);
        return () => undefined;
      },
    };
    const options = { url, service: 'lamps', migrations: V3, mode: 'auto' as const, timers };
    expect((await bringUpToDate(options)).ran).toEqual(['Changes1700000000002']);
  });

  it('is changed once when several processes start together', async () => {
    await start(V1, '0.1.0');
    const started = await Promise.all([1, 2, 3, 4].map(() => start(V3, '0.3.0')));
    expect(started.map(({ ran }) => ran.length).sort()).toEqual([0, 0, 0, 2]);
    expect(await versions()).toHaveLength(3);
  });

  it('makes a process that starts meanwhile wait, and then tells it that it is too old', async () => {
    await start(V1, '0.1.0');
    const blocker = await pool.connect();
    await blocker.query('begin; lock table lamp in access exclusive mode');
    const upgrade = start(V3, '0.3.0');
    const blocked = `select 1 from pg_locks where relation = 'lamp'::regclass and not granted`;
    while ((await pool.query(blocked)).rowCount === 0) await new Promise(setImmediate);
    const late = confirmSchema({ url, service: 'lamps', migrations: V1 });
    const waiting = `select 1 from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
    while ((await pool.query(waiting)).rowCount === 0) await new Promise(setImmediate);
    await blocker.query('commit');
    blocker.release();
    await upgrade;
    await expect(late).rejects.toThrow(SchemaRefused);
  });

  it('keeps what was finished when a migration fails, and goes on from there', async () => {
    await start(V1, '0.1.0');
    const broken = migration('Changes1700000000002', 'alter table lamp drop column id; select 1 / 0');
    await expect(start([first, adds, broken], '0.3.0')).rejects.toThrow('division by zero');
    expect(await columns()).toEqual(['id', 'colour']);
    expect((await versions()).at(-1)).toMatchObject({ version: 2, migration: 'Adds1700000000001' });
    expect((await start(V3, '0.3.0')).ran).toEqual(['Changes1700000000002']);
  });

  it('is left alone in manual mode, also when there is nothing yet', async () => {
    await expect(start(V1, '0.1.0', 'manual')).rejects.toThrow(/ganglion upgrade/);
    await start(V1, '0.1.0');
    await expect(start(V2, '0.2.0', 'manual')).rejects.toThrow(/needs Adds1700000000001.*ganglion upgrade/);
    await expect(start(V1, '0.1.0', 'manual')).resolves.toMatchObject({ ran: [] });
    expect(await columns()).toEqual(['id']);
  });

  it('of a database from before there were versions counts its migrations, and takes each for a change', async () => {
    await start(V2, '0.1.0');
    await pool.query('drop table schema_version');
    await expect(start(V1, '0.1.0')).rejects.toThrow(SchemaRefused);
    const { plan } = await inspectSchema({ url, service: 'lamps', migrations: V3 });
    expect(plan).toMatchObject({ verdict: 'outdated', version: 2, pending: [{ name: 'Changes1700000000002' }] });
    await start(V3, '0.3.0');
    expect((await versions()).map((row) => row.compatible_since)).toEqual([1, 2, 3]);
  });

  it('lets nobody in while a restore is unfinished', async () => {
    await start(V1, '0.1.0');
    await beginRestore(pool, 'r1', 'backup of yesterday');
    await expect(start(V1, '0.1.0')).rejects.toThrow(/partly restored, from backup of yesterday/);
    await expect(confirmSchema({ url, service: 'lamps', migrations: V1 })).rejects.toThrow(SchemaRefused);
    await expect(inspectSchema({ url, service: 'lamps', migrations: V1 })).rejects.toThrow(SchemaRefused);
    await finishRestore(pool);
    await expect(start(V1, '0.1.0')).resolves.toMatchObject({ ran: [] });
  });

  it('is shown without being touched', async () => {
    const empty = await inspectSchema({ url, service: 'lamps', migrations: V1 });
    expect(empty).toMatchObject({ plan: { verdict: 'outdated', version: 0 }, serving: [] });
    expect((await pool.query(`select 1 from pg_class where relname = 'schema_version'`)).rowCount).toBe(0);
    await start(V1, '0.1.0');
    await serve('somebody', 60);
    expect((await inspectSchema({ url, service: 'lamps', migrations: V1 })).serving).toEqual(['somebody']);
  });
});
