import pg from 'pg';
import type { Queryable } from '../../log/schema.js';

/** What a table holds, whatever the order of its rows. */
export interface Checksum {
  rows: number;
  /** Sum of a 64-bit hash of each row's text form. */
  hash: string;
}

export interface TableComparison {
  table: string;
  live: Checksum;
  rebuilt: Checksum;
  equal: boolean;
  /** Some rows that differ, when tables do. Null: there was no time to look for them, or the table has no primary key. */
  samples: DifferentRow[] | null;
}

/** Named by its key; what it holds is not told, because it may be anybody's words. */
export interface DifferentRow {
  key: Record<string, string | null>;
  in: 'live only' | 'rebuilt only' | 'both';
  /** Columns in which the two differ. */
  columns: string[];
}

const name = pg.escapeIdentifier;
const LOOK_FOR_MS = 15_000;

/** Identity columns are left out: their numbers are drawn, and a transaction that failed has drawn some in vain. */
export async function comparedColumns(db: Queryable, schema: string, table: string): Promise<string[]> {
  const { rows } = await db.query<{ column: string }>({
    text: `select attname as column from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attidentity = '' order by attnum`,
    values: [`${name(schema)}.${name(table)}`],
  });
  return rows.map(({ column }) => column);
}

export async function checksum(
  db: Queryable,
  schema: string,
  table: string,
  columns: readonly string[],
): Promise<Checksum> {
  const { rows } = await db.query<{ rows: string; hash: string }>({
    text: `select count(*) as rows, coalesce(sum(hashtextextended(${rowText('a row', columns)}, 0)::numeric), 0)::text as hash
      from ${name(schema)}.${name(table)} as "a row"`,
  });
  return { rows: Number(rows[0]!.rows), hash: rows[0]!.hash };
}

const rowText = (row: string, columns: readonly string[]): string =>
  `row(${columns.map((column) => `${name(row)}.${name(column)}`).join(', ')})::text`;

export interface Sampling {
  /** Schemas. */
  live: string;
  shadow: string;
  table: string;
  columns: readonly string[];
  limit: number;
}

/** @param tx  in a transaction; one that takes too long is given up without harm to it */
export async function sampleDifferences(
  tx: pg.PoolClient,
  { live, shadow, table, columns, limit }: Sampling,
): Promise<DifferentRow[] | null> {
  const key = await primaryKey(tx, `${name(live)}.${name(table)}`);
  if (key.length === 0) return null;
  await tx.query(`savepoint samples; set local statement_timeout = ${LOOK_FOR_MS}`);
  try {
    const { rows } = await tx.query<DifferentRow>({
      text: differenceQuery({ live, shadow, table, columns }, key),
      values: [limit],
    });
    await tx.query('set local statement_timeout = 0');
    return rows;
  } catch (error) {
    if ((error as { code?: string }).code !== '57014') throw error;
    await tx.query('rollback to savepoint samples');
    return null;
  }
}

function differenceQuery({ live, shadow, table, columns }: Omit<Sampling, 'limit'>, key: readonly string[]): string {
  const keys = key.map(
    (column) => `${pg.escapeLiteral(column)}, coalesce("old row".${name(column)}, "new row".${name(column)})::text`,
  );
  const same = key.map((column) => `"old row".${name(column)} = "new row".${name(column)}`);
  const first = name(key[0]!);
  return `
    select json_build_object(${keys.join(', ')}) as key,
      case when "new row".${first} is null then 'live only' when "old row".${first} is null then 'rebuilt only' else 'both' end as in,
      case when "new row".${first} is null or "old row".${first} is null then '{}'::text[] else array(
        select e.key from jsonb_each(to_jsonb("old row")) as e
        where e.key in (${columns.map((column) => pg.escapeLiteral(column)).join(', ')})
          and e.value is distinct from to_jsonb("new row") -> e.key order by e.key
      ) end as columns
    from ${name(live)}.${name(table)} as "old row" full join ${name(shadow)}.${name(table)} as "new row" on ${same.join(' and ')}
    where "old row".${first} is null or "new row".${first} is null or ${rowText('old row', columns)} is distinct from ${rowText('new row', columns)}
    limit $1`;
}

async function primaryKey(db: Queryable, table: string): Promise<string[]> {
  const { rows } = await db.query<{ column: string }>({
    text: `select a.attname as column from pg_index x join pg_attribute a on a.attrelid = x.indrelid and a.attnum = any(x.indkey)
      where x.indrelid = $1::regclass and x.indisprimary order by array_position(x.indkey::int2[], a.attnum)`,
    values: [table],
  });
  return rows.map(({ column }) => column);
}
