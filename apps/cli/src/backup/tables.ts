import type { Queryable } from '@ganglion/event-store';
import type { BackedUpColumn } from './manifest.js';

export interface TableShape {
  name: string;
  columns: BackedUpColumn[];
}

/** Tables of the schema `public`, those that others refer to first; their stored columns in order. */
export async function readTables(db: Queryable): Promise<TableShape[]> {
  const { rows } = await db.query<TableShape>({
    text: `select c.relname as name, (
        select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod))
          order by a.attnum), '[]') from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      ) as columns
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.relname`,
  });
  return referredFirst(rows, await references(db));
}

async function references(db: Queryable): Promise<Map<string, Set<string>>> {
  const { rows } = await db.query<{ from: string; to: string }>({
    text: `select a.relname as "from", b.relname as "to" from pg_constraint f
      join pg_class a on a.oid = f.conrelid join pg_class b on b.oid = f.confrelid
      where f.contype = 'f' and f.conrelid <> f.confrelid and a.relnamespace = 'public'::regnamespace`,
  });
  const found = new Map<string, Set<string>>();
  for (const { from, to } of rows) found.set(from, (found.get(from) ?? new Set()).add(to));
  return found;
}

/** @throws Error when tables refer to each other in a circle, which no migration of ours makes */
export function referredFirst<T extends { name: string }>(
  tables: readonly T[],
  refersTo: ReadonlyMap<string, ReadonlySet<string>>,
): T[] {
  const ordered: T[] = [];
  const placed = new Set<string>();
  while (ordered.length < tables.length) {
    const next = tables.filter(
      ({ name }) => !placed.has(name) && [...(refersTo.get(name) ?? [])].every((other) => placed.has(other)),
    );
    if (next.length === 0) throw new Error('these tables refer to each other in a circle');
    ordered.push(...next);
    for (const { name } of next) placed.add(name);
  }
  return ordered;
}

/** Values are not part of a snapshot: each is at or beyond what the snapshot's rows use. */
export async function readSequences(db: Queryable): Promise<{ name: string; lastValue: string | null }[]> {
  const { rows } = await db.query<{ name: string; lastValue: string | null }>({
    text: `select sequencename as name, last_value::text as "lastValue" from pg_sequences
      where schemaname = 'public' order by sequencename`,
  });
  return rows;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const columnList = (columns: readonly BackedUpColumn[]): string =>
  columns.map(({ name }) => quoted(name)).join(', ');
