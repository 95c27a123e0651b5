import { SQLSTATE } from '../log/sqlstate.js';

/*
 * What is hashed, by these functions and by `links.ts`, which must not be made of one another: verifying compares them.
 *
 *   link(0)  sha256 of "ganglion event chain 1", a line feed, the log's name
 *   link(n)  sha256 of link(n - 1) followed by the digest of the event at n
 *   digest   sha256 of a line of numbers (every column of fixed form, and the length in octets of every text; - for null)
 *            followed by the texts, so that no two events have the same encoding
 *
 * The identity of the log is left out, because a restored log gets another one and keeps its history.
 */
const FUNCTIONS = `
create function chain_genesis(p_log text) returns bytea language sql immutable as $$
  select sha256(convert_to('ganglion event chain 1' || chr(10) || p_log, 'UTF8'))
$$;

create function event_digest(
  pos bigint, vshard int, stream text, ver int, type text, v int, id uuid, at bigint, meta text, key_id text, data text
) returns bytea language sql stable as $$
  select sha256(convert_to(
    concat_ws(' ', pos, vshard, ver, v, id, at, octet_length(stream), octet_length(type), octet_length(meta),
      coalesce(octet_length(key_id)::text, '-'), octet_length(data))
    || chr(10) || stream || type || meta || coalesce(key_id, '') || data, 'UTF8'))
$$;

create function chain_links(p_link bytea, p_digests bytea[]) returns bytea[] language plpgsql immutable as $$
declare
  links bytea[] := '{}';
  link bytea := p_link;
  digest bytea;
begin
  foreach digest in array p_digests loop
    link := sha256(link || digest);
    links := links || link;
  end loop;
  return links;
end $$;
`;

/** As that of `EVENT_LOG_SCHEMA`, and called alike, so that processes of an older version write links as well. */
const APPEND = `
create or replace function append(
  p_log text, p_log_id text, p_owned int[], p_epochs bigint[], p_at bigint, p_vshards int[], p_streams text[], p_vers int[],
  p_types text[], p_vs int[], p_ids uuid[], p_metas text[], p_key_ids text[], p_datas text[]
) returns bigint language plpgsql as $$
declare
  count_new constant int := cardinality(p_streams);
  base bigint;
  stale text;
  previous bytea;
  links bytea[];
begin
  select l.head, coalesce(l.link, chain_genesis(p_log)) into base, previous
    from log l where l.log = p_log and l.log_id = p_log_id for no key update;
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
  select chain_links(previous, array_agg(
      event_digest(base + n, e.vshard, e.stream, e.ver, e.type, e.v, e.id, p_at, e.meta, e.key_id, e.data) order by n))
    into links
    from unnest(p_vshards, p_streams, p_vers, p_types, p_vs, p_ids, p_metas, p_key_ids, p_datas)
      with ordinality as e(vshard, stream, ver, type, v, id, meta, key_id, data, n);
  insert into event (log, pos, vshard, stream, ver, type, v, id, at, meta, key_id, data, link)
    select p_log, base + n, e.vshard, e.stream, e.ver, e.type, e.v, e.id, p_at, e.meta, e.key_id, e.data, e.link
    from unnest(p_vshards, p_streams, p_vers, p_types, p_vs, p_ids, p_metas, p_key_ids, p_datas, links)
      with ordinality as e(vshard, stream, ver, type, v, id, meta, key_id, data, link, n);
  update log set head = base + count_new, link = links[count_new] where log = p_log;
  return base + 1;
end $$;
`;

/*
 * Links what an older version wrote; both tables are locked until the migration has ended. Appends lock the log first and
 * readers the events, so whoever waits for the second lock while holding the first could wait for ever: it lets go instead.
 * An append of the older function that was under way ends in a serialization failure, which its caller takes for a database
 * that is away for a moment.
 */
const LINK_EXISTING = `
do $$
begin
  loop
    begin
      lock table log in access exclusive mode;
      lock table event in access exclusive mode nowait;
      exit;
    exception when lock_not_available then
      perform pg_sleep(0.02);
    end;
  end loop;
end $$;

create function unlinked() returns bytea language plpgsql as $$
begin
  raise exception 'an event without a link' using errcode = 'serialization_failure', hint = 'only append() writes events';
end $$;

alter table log add column link bytea;
comment on column log.link is 'That of the event at the head; null: no event yet';
alter table event add column link bytea;
comment on column event.link is 'SHA-256 over the link before and every column of this event; see chain/chain-schema.ts';

do $$
declare
  one record;
  previous bytea;
  digests bytea[];
  last bigint;
begin
  for one in select l.log, l.head from log l loop
    previous := chain_genesis(one.log);
    last := 0;
    loop
      select array_agg(event_digest(e.pos, e.vshard, e.stream, e.ver, e.type, e.v, e.id, e.at, e.meta, e.key_id, e.data) order by e.pos)
        into digests
        from event e where e.log = one.log and e.pos > last and e.pos <= last + 1000;
      exit when digests is null;
      update event e set link = l.link
        from unnest(chain_links(previous, digests)) with ordinality as l(link, n)
        where e.log = one.log and e.pos = last + l.n;
      select e.link into previous from event e where e.log = one.log and e.pos = last + cardinality(digests);
      last := last + cardinality(digests);
    end loop;
    update log set link = previous where log = one.log and last > 0;
  end loop;
end $$;

alter table event alter column link set not null, alter column link set default unlinked();
`;

/** Plain SQL for the migration that makes a log tamper-evident. Takes what is in the log for true. */
export const EVENT_CHAIN_SCHEMA: string = FUNCTIONS + LINK_EXISTING + APPEND;
