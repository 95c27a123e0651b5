import pg from 'pg';
import type { Queryable } from '../../log/schema.js';
import { columnShapes, copyTable, obstaclesTo } from './shadow-tables.js';
import { refuseRebuild } from './rebuild.errors.js';

/** So that leftovers are told from a schema that somebody made for another reason. */
const MARK = 'Tables of a projection that is being rebuilt; removed by Ganglion';
/** The longest that Postgres takes without cutting it. */
const MAX_NAME_BYTES = 63;
const REMOVE_WITHIN_MS = 2_000;
const LOCK_NOT_AVAILABLE = '55P03';

/** Where a projection is made anew. The name stays when the process dies, so that whoever comes next finds what is left. */
export function shadowSchemaOf(projection: string): string {
  const schema = `rebuild_${projection}`;
  if (Buffer.byteLength(schema) > MAX_NAME_BYTES) throw new Error(`the name ${projection} is too long for a schema`);
  return schema;
}

/**
 * Connections of a rebuild's own. Every name in a statement means a table of `schema` and of no other, so what a projection has
 * not declared as its table cannot be touched. Commits need not be on disk: what was lost would have to be rebuilt anyway,
 * and the transaction that exchanges the tables flushes all that came before it.
 */
export function shadowPool(live: pg.Pool, schema: string): pg.Pool {
  const { password } = live.options;
  const settings = `set search_path to ${pg.escapeIdentifier(schema)}; set synchronous_commit to off`;
  const pool = new pg.Pool({
    ...live.options,
    // Not enumerable there.
    ...(password === undefined ? {} : { password }),
    max: 4,
    application_name: schema,
    verify: (client, done) => void client.query(settings).then(() => done(), done),
  });
  // A connection that breaks says so to whoever uses it.
  pool.on('error', () => undefined);
  return pool;
}

/** One rebuild of a projection at a time, whichever process runs it. Held by the session. */
export async function lockShadow(session: Queryable, schema: string): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>({
    text: 'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
    values: [schema],
  });
  return rows[0]!.locked;
}

export async function schemaInUse(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ schema: string }>({ text: 'select current_schema() as schema' });
  return rows[0]!.schema;
}

/**
 * Makes the schema with an empty copy of each table, and with a cursor and a list of parked events of its own.
 * @throws TABLES_UNSUITABLE
 */
export async function makeShadow(
  session: pg.PoolClient,
  { live, shadow, tables, parks }: { live: string; shadow: string; tables: readonly string[]; parks: boolean },
): Promise<void> {
  const obstacles = await obstaclesTo(session, live, tables);
  if (obstacles.length > 0) throw refuseRebuild('TABLES_UNSUITABLE', { obstacles }, obstacles.join('; '));
  await session.query('begin');
  try {
    await dropShadow(session, shadow);
    await session.query(`create schema ${pg.escapeIdentifier(shadow)}`);
    await session.query(`comment on schema ${pg.escapeIdentifier(shadow)} is ${pg.escapeLiteral(MARK)}`);
    for (const table of [...tables, 'cursor', ...(parks ? ['parked'] : [])]) {
      await copyTable(session, live, shadow, table);
    }
    await session.query('commit');
  } catch (error) {
    await session.query('rollback');
    throw error;
  }
}

export async function dropShadow(session: Queryable, schema: string): Promise<void> {
  await session.query({ text: `drop schema if exists ${pg.escapeIdentifier(schema)} cascade` });
}

/** Moves the tables of `shadow` to where those of `live` were. The session holds the locks, in one transaction. */
export async function exchangeTables(
  session: pg.PoolClient,
  { live, shadow, tables }: { live: string; shadow: string; tables: readonly string[] },
): Promise<void> {
  const [before, after] = [await columnShapes(session, live, tables), await columnShapes(session, shadow, tables)];
  if (before !== after) throw refuseRebuild('TABLES_CHANGED');
  const inSchema = (schema: string, table: string) => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
  await session.query(`drop table ${tables.map((table) => inSchema(live, table)).join(', ')}`);
  for (const table of tables) {
    await session.query(`alter table ${inSchema(shadow, table)} set schema ${pg.escapeIdentifier(live)}`);
  }
}

async function dropUnlessInUse(session: Queryable, schema: string): Promise<boolean> {
  try {
    await dropShadow(session, schema);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

/** Removes what rebuilds have left that died half-way; those that still run are left alone. @returns the schemas removed */
export async function removeLeftovers(pool: pg.Pool): Promise<string[]> {
  const session = await pool.connect();
  try {
    const { rows } = await session.query<{ schema: string }>({
      text: `select nspname as schema from pg_namespace
        where nspname like 'rebuild\\_%' and obj_description(oid, 'pg_namespace') = $1`,
      values: [MARK],
    });
    // What a backup is reading stays until next time.
    await session.query(`set lock_timeout = ${REMOVE_WITHIN_MS}`);
    const removed: string[] = [];
    for (const { schema } of rows) {
      if ((await lockShadow(session, schema)) && (await dropUnlessInUse(session, schema))) removed.push(schema);
    }
    return removed;
  } finally {
    // With the session its locks end, also if it broke.
    session.release(true);
  }
}
