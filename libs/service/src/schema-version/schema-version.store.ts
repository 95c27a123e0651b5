import type { Queryable } from '@ganglion/event-store';
import type { AppliedMigration } from './schema-plan.js';

/** What every service's database knows of its own schema; kept outside of the migrations, which it is about. */
const TABLE = `
create table schema_version (
  version integer primary key,
  migration text not null unique,
  compatible_since integer not null,
  build text not null,
  at timestamptz not null default clock_timestamp()
);
comment on table schema_version is 'One row per migration that was run; the newest is the version of the schema';
comment on column schema_version.compatible_since is 'A build that knows the schema up to this version can serve on it';
comment on column schema_version.build is 'Ganglion version that ran it';
`;

/** Who migrated before this table was there is not known, nor whether older builds can serve: they are taken not to. */
const FROM_MIGRATIONS = `select n::int as version, name as migration, n::int as compatible_since, $1 as build
  from (select row_number() over (order by id) as n, name from migrations) as m`;

interface Row {
  version: number;
  migration: string;
  compatible_since: number;
  build: string;
}

/** Everything that was run, ascending. Changes nothing, so that it can be asked of any database. */
export async function readApplied(db: Queryable): Promise<AppliedMigration[]> {
  const { hasVersions, hasMigrations } = await tables(db);
  if (!hasVersions && !hasMigrations) return [];
  const { rows } = hasVersions
    ? await db.query<Row>({
        text: 'select version, migration, compatible_since, build from schema_version order by version',
      })
    : await db.query<Row>({ text: `${FROM_MIGRATIONS} order by version`, values: [UNKNOWN_BUILD] });
  return rows.map(({ version, migration, compatible_since, build }) => ({
    version,
    name: migration,
    compatibleSince: compatible_since,
    build,
  }));
}

const UNKNOWN_BUILD = '0.1.0';

/** Makes the table, and fills it for a database that was migrated before there was one. */
export async function ensureVersionTable(db: Queryable): Promise<void> {
  const { hasVersions, hasMigrations } = await tables(db);
  if (hasVersions) return;
  await db.query({ text: 'begin' });
  try {
    await db.query({ text: TABLE });
    if (hasMigrations) {
      const text = `insert into schema_version (version, migration, compatible_since, build) ${FROM_MIGRATIONS}`;
      await db.query({ text, values: [UNKNOWN_BUILD] });
    }
    await db.query({ text: 'commit' });
  } catch (error) {
    await db.query({ text: 'rollback' });
    throw error;
  }
}

/** To be run in the transaction of the migration itself: afterwards both have happened or neither. */
export function recordStatement(name: string, oldProcessesMayServe: boolean, build: string) {
  return {
    text: `insert into schema_version (version, migration, compatible_since, build)
      select newest + 1, $1, case when $2 and newest > 0 then compatible else newest + 1 end, $3
      from (select coalesce(max(version), 0) as newest, coalesce(max(compatible_since), 1) as compatible
        from schema_version) as s`,
    values: [name, oldProcessesMayServe, build],
  };
}

async function tables(db: Queryable): Promise<{ hasVersions: boolean; hasMigrations: boolean }> {
  const { rows } = await db.query<{ hasVersions: boolean; hasMigrations: boolean }>({
    text: `select to_regclass('public.schema_version') is not null as "hasVersions",
      to_regclass('public.migrations') is not null as "hasMigrations"`,
  });
  return rows[0]!;
}
