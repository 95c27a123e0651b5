/** Plain SQL for the migration that gives a log its table of data keys. */
export const DATA_KEY_SCHEMA = `
create table data_key (
  key_id text primary key,
  subject text collate "C" not null,
  wrapped bytea not null,
  created_at bigint not null,
  constraint data_key_subject unique (subject)
);
comment on table data_key is 'Keys that personal content in the log is encrypted with. Deleting a row is the erasure of what it opened';
comment on column data_key.wrapped is 'The key, encrypted under the deployment''s master key, which is in no database';
comment on column data_key.created_at is 'ms since the Unix epoch';
`;
