/** Plain SQL for the migration of a database whose projections may park events. */
export const PARKED_SCHEMA = `
create table parked (
  reader text not null,
  log_id text not null,
  pos bigint not null,
  stream text collate "C" not null,
  type text not null,
  error text,
  attempts integer not null,
  parked_at timestamptz not null default clock_timestamp(),
  primary key (reader, pos)
);
create index parked_stream on parked (reader, stream, pos);
comment on table parked is 'Events a projection could not apply, and later ones of their streams, which wait behind them. The events themselves stay in the log only';
comment on column parked.error is 'Why the last attempt failed; null: never tried, it waits behind an earlier event of its stream';
`;
