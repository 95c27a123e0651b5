import pg from 'pg';
import type { Queryable } from '../../log/schema.js';

const name = pg.escapeIdentifier;

/** Why tables cannot be exchanged for copies of themselves without losing something that hangs on them. Empty: they can. */
export async function obstaclesTo(db: Queryable, schema: string, tables: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ table: string; what: string }>({
    text: `
      select t.name as table, x.what from unnest($2::text[]) as t(name)
      left join pg_class c on c.relname = t.name and c.relnamespace = (select oid from pg_namespace where nspname = $1)
      cross join lateral (
        select 'does not exist' as what where c.oid is null
        union all select 'is no ordinary table' where c.relkind <> 'r' or c.relispartition
        union all select 'inherits or is inherited from'
          where exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent))
        union all select 'is tied by the foreign key ' || f.conname
          from pg_constraint f where f.contype = 'f' and c.oid in (f.conrelid, f.confrelid)
        union all select 'has the trigger ' || g.tgname from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal
        union all select 'has row security' where c.relrowsecurity
        union all select 'has privileges on single columns'
          where exists (select from pg_attribute a where a.attrelid = c.oid and a.attacl is not null)
        union all select distinct 'is used by the view or rule ' || r.ev_class::regclass::text
          from pg_depend d join pg_rewrite r on r.oid = d.objid
          where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
        union all select 'has a default from the sequence ' || s.relname || ' (use an identity column)'
          from pg_attrdef v
          join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = v.oid and d.refclassid = 'pg_class'::regclass
          join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
          where v.adrelid = c.oid
      ) x`,
    values: [schema, tables],
  });
  return rows.map(({ table, what }) => `the table ${table} ${what}`);
}

/** An empty copy: columns, constraints, indexes by their names, identity columns, settings, privileges, owner, comments. */
export async function copyTable(db: pg.PoolClient, from: string, to: string, table: string): Promise<void> {
  const [old, copy] = [`${name(from)}.${name(table)}`, `${name(to)}.${name(table)}`];
  const { rows } = await db.query<{
    unlogged: boolean;
    options: string[] | null;
    comment: string | null;
    owner: string;
  }>({
    text: `select relpersistence = 'u' as unlogged, reloptions as options, obj_description(oid, 'pg_class') as comment,
        pg_get_userbyid(relowner) as owner from pg_class where oid = $1::regclass`,
    values: [old],
  });
  const { unlogged, options, comment, owner } = rows[0]!;
  await db.query(`create ${unlogged ? 'unlogged ' : ''}table ${copy} (like ${old} including all)`);
  if (options) await db.query(`alter table ${copy} set (${options.join(', ')})`);
  if (comment !== null) await db.query(`comment on table ${copy} is ${pg.escapeLiteral(comment)}`);
  await nameIndexes(db, old, copy, to);
  await grantAlike(db, old, copy);
  await db.query(`alter table ${copy} owner to ${name(owner)}`);
}

/** A copy's indexes, and with them the constraints that rest on them, have names that Postgres made up. */
async function nameIndexes(db: Queryable, old: string, copy: string, schema: string): Promise<void> {
  const [wanted, made] = [await indexesOf(db, old), await indexesOf(db, copy)];
  const renames = wanted.map(({ index, definition }, i) => {
    const found = made.findIndex((one) => one.definition === definition);
    if (found === -1) throw new Error(`the copy of ${old} has no index like ${index}`);
    return { from: made.splice(found, 1)[0]!.index, meanwhile: `index ${i} of ${copy}`.slice(0, 60), to: index };
  });
  const rename = (from: string, to: string) =>
    db.query({ text: `alter index ${name(schema)}.${name(from)} rename to ${name(to)}` });
  // In two steps, because a name that is wanted may be one that was made up for another.
  for (const { from, meanwhile } of renames) await rename(from, meanwhile);
  for (const { meanwhile, to } of renames) await rename(meanwhile, to);
}

/** Everything that tells one index from another but names. */
async function indexesOf(db: Queryable, table: string): Promise<{ index: string; definition: string }[]> {
  const { rows } = await db.query<{ index: string; definition: string }>({
    text: `select c.relname as index, concat_ws(' ', x.indisunique, x.indisprimary, n.contype,
        regexp_replace(pg_get_indexdef(x.indexrelid), '^.*? USING ', '')) as definition
      from pg_index x join pg_class c on c.oid = x.indexrelid left join pg_constraint n on n.conindid = x.indexrelid
        and n.conrelid = x.indrelid
      where x.indrelid = $1::regclass order by c.relname`,
    values: [table],
  });
  return rows;
}

async function grantAlike(db: Queryable, old: string, copy: string): Promise<void> {
  const granted = await grantsOf(db, old);
  if (!granted) return;
  const roles = new Set([...granted, ...((await grantsOf(db, copy)) ?? [])].map(({ role }) => role));
  for (const role of roles) await db.query({ text: `revoke all on ${copy} from ${role}` });
  for (const { role, privilege, grantable } of granted) {
    await db.query({ text: `grant ${privilege} on ${copy} to ${role}${grantable ? ' with grant option' : ''}` });
  }
}

/** Null: as Postgres has them by default. `role` can stand in a statement as it is. */
async function grantsOf(db: Queryable, table: string) {
  const { rows } = await db.query<{ role: string; privilege: string; grantable: boolean; none: boolean }>({
    text: `select c.relacl is null as none, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as role,
        a.privilege_type as privilege, a.is_grantable as grantable
      from pg_class c left join lateral aclexplode(c.relacl) a on true where c.oid = $1::regclass`,
    values: [table],
  });
  return rows[0]?.none ? null : rows.filter(({ privilege }) => privilege !== null);
}

/** Columns, constraints and indexes of the tables as one text: the same for two schemas that can be exchanged. */
export async function columnShapes(db: Queryable, schema: string, tables: readonly string[]): Promise<string> {
  const { rows } = await db.query<{ shape: string }>({
    text: `
      select string_agg(part, E'\\n' order by part) as shape from (
        select format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity)
          from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          where c.relnamespace = (select oid from pg_namespace where nspname = $1) and c.relname = any($2::text[])
        union all
        select format('%s %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
          from pg_class c join pg_constraint k on k.conrelid = c.oid and k.contype <> 'n'
          where c.relnamespace = (select oid from pg_namespace where nspname = $1) and c.relname = any($2::text[])
        union all
        select format('%s %s %s', c.relname, i.relname, regexp_replace(pg_get_indexdef(i.oid), '^.*? USING ', ''))
          from pg_class c join pg_index x on x.indrelid = c.oid join pg_class i on i.oid = x.indexrelid
          where c.relnamespace = (select oid from pg_namespace where nspname = $1) and c.relname = any($2::text[])
      ) parts(part)`,
    values: [schema, tables],
  });
  return rows[0]!.shape;
}
