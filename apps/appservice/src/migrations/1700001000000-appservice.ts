import type { MigrationInterface, QueryRunner } from 'typeorm';

const REGISTRATIONS = `
create table registration (
  as_id text primary key,
  added_pos bigint not null,
  public text not null
);
comment on table registration is 'Projection of the log appservice: every registration as other services may know it';

create table registration_secret (
  as_id text primary key,
  load_order integer not null,
  source text not null,
  url text,
  hs_token bytea not null,
  options text not null
);
comment on column registration_secret.hs_token is 'AES-256-GCM under the key appservice_secrets_key of the data folder';
`;

const INTEREST = `
create table fan_out (
  one boolean primary key default true check (one),
  version bigint not null default 1,
  last_at_ms bigint
);
insert into fan_out default values;
comment on column fan_out.version is 'Raised with every change of interest_rules, so that caches notice';
comment on column fan_out.last_at_ms is 'Commit time of the last event of the rooms log that was examined';

create table interest_rules (
  as_id text not null,
  version bigint generated always as identity,
  rules text not null,
  from_log_id text,
  from_pos bigint,
  from_ms bigint not null,
  active boolean not null default false,
  primary key (as_id, version)
);
comment on column interest_rules.from_pos is 'They hold for events after it; null: for events committed at from_ms or later';

create table local_member (
  room_id text not null,
  user_id text not null,
  primary key (room_id, user_id)
);
create index local_member_user on local_member (user_id);
comment on table local_member is 'Joined users of this server, as of the cursor of the fan-out';

create table room_alias (
  alias text primary key,
  room_id text not null
);

create table room_interest (
  room_id text not null,
  as_id text not null,
  aliases integer not null,
  members integer not null,
  primary key (room_id, as_id)
);
create index room_interest_as on room_interest (as_id);
comment on table room_interest is 'How many aliases and joined local members of the room are in namespaces of the appservice';
`;

const LANES = `
create table lane (
  as_id text primary key,
  log_id text not null,
  generation text not null,
  epoch bigint not null default 0,
  owner text,
  next_sequence bigint not null default 1,
  state text not null check (state in ('unknown', 'up', 'down', 'paused', 'disabled')),
  reason text,
  since_ms bigint not null,
  failures integer not null default 0,
  next_retry_at_ms bigint,
  last_success_ms bigint,
  last_error text
);
comment on column lane.epoch is 'Raised by whoever takes the lane over; every write of its owner names it';
comment on column lane.generation is 'First part of transaction ids; another one when the lane or the database is made anew';

create table route (
  as_id text not null,
  ordinal bigint generated always as identity,
  log_id text not null,
  pos bigint not null,
  event_id text not null,
  room_id text not null,
  received_ts bigint not null,
  event text not null,
  primary key (as_id, ordinal)
);
comment on table route is 'Events an appservice has not acknowledged yet, in the order of the stream';

create table txn (
  as_id text not null,
  sequence bigint not null,
  txn_id text not null,
  event_ids text not null,
  through_ordinal bigint not null,
  body bytea,
  body_hash text not null,
  created_at_ms bigint not null,
  attempts integer not null default 0,
  last_class text,
  acked_at_ms bigint,
  primary key (as_id, sequence)
);
create index txn_unacked on txn (as_id, sequence) where acked_at_ms is null;
create index txn_acked on txn (acked_at_ms) where acked_at_ms is not null;
comment on column txn.body is 'Exactly what every attempt sends; gone once it was acknowledged';
`;

/** Read models, the interest index and the lanes. */
export class Appservice1700001000000 implements MigrationInterface {
  name = 'Appservice1700001000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REGISTRATIONS + INTEREST + LANES);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table registration, registration_secret, fan_out, interest_rules, local_member, room_alias, room_interest, lane, route, txn',
    );
  }
}
