import { EVENT_CHAIN_SCHEMA } from '../chain/chain-schema.js';
import { DATA_KEY_SCHEMA } from '../subject-keys/data-key-schema.js';
import { SQLSTATE } from './sqlstate.js';

const TABLES = `
create table log (
  log text primary key,
  log_id text not null default left(replace(gen_random_uuid()::text, '-', ''), 16),
  head bigint not null default 0
);
comment on table log is 'One row per log: the counter of positions, the lock that orders commits, and the fence';

create table owner (
  log text not null references log,
  vshard smallint not null,
  epoch bigint not null,
  holder text not null,
  until timestamptz,
  primary key (log, vshard)
);
comment on column owner.until is 'End of the lease; null: held until somebody claims it';

create table event (
  log text not null,
  pos bigint not null,
  vshard smallint not null,
  stream text collate "C" not null,
  ver integer not null,
  type text not null,
  v smallint not null,
  id uuid not null,
  at bigint not null,
  meta text not null,
  key_id text,
  data text not null,
  constraint event_pkey primary key (log, pos),
  constraint event_stream_ver unique (log, stream, ver)
);
comment on column event.at is 'ms since the Unix epoch, of the commit';
comment on column event.data is 'JSON exactly as written; never jsonb, which rewrites numbers and refuses NUL';

create table cursor (
  name text primary key,
  log_id text not null,
  pos bigint not null
);
comment on table cursor is 'How far each reader of a log has come: projections in this database, and the relay';

create table snapshot (
  stream text collate "C" primary key,
  log_id text not null,
  ver integer not null,
  reducer text not null,
  data text not null,
  at bigint not null
);
comment on table snapshot is 'States of long streams after ver events. A cache: rows may be deleted at any time';
comment on column snapshot.at is 'ms since the Unix epoch';
`;

/*
 * Every function that decides about a log takes the log row's lock first. So appends, claims and takeovers queue behind
 * each other, positions become visible in commit order, and no deadlock is possible.
 */
const FUNCTIONS = `
create function append(
  p_log text, p_log_id text, p_owned int[], p_epochs bigint[], p_at bigint, p_vshards int[], p_streams text[], p_vers int[],
  p_types text[], p_vs int[], p_ids uuid[], p_metas text[], p_key_ids text[], p_datas text[]
) returns bigint language plpgsql as $$
declare
  count_new constant int := cardinality(p_streams);
  base bigint;
  stale text;
begin
  update log set head = head + count_new where log = p_log and log_id = p_log_id returning head - count_new into base;
  if not found then
    raise exception 'log % is not % any more', p_log, p_log_id using errcode = '${SQLSTATE.replacedLog}';
  end if;
  select string_agg(c.vshard::text, ',') into stale
    from unnest(p_owned, p_epochs) as c(vshard, epoch)
    left join owner o on o.log = p_log and o.vshard = c.vshard
    where o.epoch is distinct from c.epoch;
  if stale is not null then
    raise exception 'stale epoch' using errcode = '${SQLSTATE.staleEpoch}', detail = stale;
  end if;
  insert into event (log, pos, vshard, stream, ver, type, v, id, at, meta, key_id, data)
    select p_log, base + n, e.vshard, e.stream, e.ver, e.type, e.v, e.id, p_at, e.meta, e.key_id, e.data
    from unnest(p_vshards, p_streams, p_vers, p_types, p_vs, p_ids, p_metas, p_key_ids, p_datas)
      with ordinality as e(vshard, stream, ver, type, v, id, meta, key_id, data, n);
  return base + 1;
end $$;

create function lock_log(p_log text, p_log_id text) returns void language plpgsql as $$
begin
  perform 1 from log where log = p_log and log_id = p_log_id for update;
  if not found then
    raise exception 'log % is not % any more', p_log, p_log_id using errcode = '${SQLSTATE.replacedLog}';
  end if;
end $$;

create function claim(p_log text, p_log_id text, p_vshards int[], p_holder text, p_lease_ms bigint, p_only_free boolean)
returns table (claimed int, claimed_epoch bigint) language plpgsql as $$
begin
  perform lock_log(p_log, p_log_id);
  return query
    insert into owner as o (log, vshard, epoch, holder, until)
    select p_log, s, 1, p_holder, clock_timestamp() + p_lease_ms * interval '1 ms' from unnest(p_vshards) as s
    on conflict (log, vshard) do update set epoch = o.epoch + 1, holder = excluded.holder, until = excluded.until
      where not p_only_free or o.holder = p_holder or o.until < clock_timestamp()
    returning o.vshard::int, o.epoch;
end $$;

create function reclaim(p_log text, p_log_id text, p_vshards int[], p_holder text)
returns table (claimed int, claimed_epoch bigint) language plpgsql as $$
begin
  perform lock_log(p_log, p_log_id);
  return query
    update owner o set epoch = o.epoch + 1
    where o.log = p_log and o.vshard = any(p_vshards) and o.holder = p_holder
    returning o.vshard::int, o.epoch;
end $$;

create function renew_log_id(p_log text) returns text language plpgsql as $$
declare
  old_id text;
  new_id constant text := left(replace(gen_random_uuid()::text, '-', ''), 16);
begin
  select log_id into strict old_id from log where log = p_log for update;
  update log set log_id = new_id where log = p_log;
  update cursor set log_id = new_id where log_id = old_id and name like 'relay.%';
  delete from snapshot where log_id = old_id;
  return new_id;
end $$;
`;

/** Plain SQL of a log's tables and functions, for a service's first migration. Needs Postgres 13 or newer and an empty schema. */
export const EVENT_LOG_SCHEMA: string = TABLES + FUNCTIONS;

/** Processes that want virtual shards of a log, for the migration after the first. */
export const CANDIDATE_SCHEMA = `
create table candidate (
  log text not null references log,
  holder text not null,
  until timestamptz not null,
  primary key (log, holder)
);
comment on table candidate is 'Processes that share the virtual shards of a log; one unheard of until then has died';
`;

/** A log's tables as they are today: what a new database needs, whose migrations need not be told apart. */
export const CURRENT_LOG_SCHEMA: string = EVENT_LOG_SCHEMA + CANDIDATE_SCHEMA + EVENT_CHAIN_SCHEMA + DATA_KEY_SCHEMA;

/** Only what a database without a log of its own needs in order to keep projections of other services' logs. */
export const CURSOR_SCHEMA = `create table cursor (name text primary key, log_id text not null, pos bigint not null);`;

/**
 * After restoring a database from a backup and before starting its service: gives the log another identity, so that every
 * reader that saw events which the backup does not hold rebuilds instead of going on from a position that now means something
 * else, and no snapshot taken before is read any more. The relay keeps its place, because the backup holds the same history as its cursor.
 * @returns the new identity
 */
export async function resetLogIdentity(client: Queryable, log: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>({ text: 'select renew_log_id($1) as id', values: [log] });
  return rows[0]!.id;
}

/** A pg client, pooled client or pool. */
export interface Queryable {
  query<Row extends object>(config: {
    name?: string;
    text: string;
    values?: unknown[];
  }): Promise<{ rows: Row[]; rowCount: number | null }>;
}
