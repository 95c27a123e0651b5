import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Everything here is made from the log and can be made again. Order and time are positions of the rooms log throughout, so
 * that a sync token is a place in each of these tables.
 */
const UP = `
create table room (
  room_id text collate "C" primary key,
  version text not null,
  last_pos bigint not null,
  joined_members integer not null default 0,
  invited_members integer not null default 0
);
comment on column room.last_pos is 'Position of its newest event: a sync looks at rooms beyond its token only';

create table room_event (
  room_id text collate "C" not null,
  pos bigint not null,
  idx integer not null,
  event_id text collate "C" not null,
  type text collate "C" not null,
  state_key text collate "C",
  sender text collate "C" not null,
  pdu text not null,
  txn text,
  redacted_by text collate "C",
  primary key (room_id, pos)
);
create unique index room_event_id on room_event (event_id);
create index room_event_pos on room_event (pos) include (room_id);
comment on column room_event.pdu is 'JSON as hashed and signed; never jsonb';
comment on column room_event.txn is 'JSON of who sent it with which transaction id';
comment on column room_event.redacted_by is 'Event id of the redaction; readers get the pruned event';

create table room_state (
  room_id text collate "C" not null,
  type text collate "C" not null,
  state_key text collate "C" not null,
  pos bigint not null,
  until_pos bigint not null,
  value text,
  primary key (room_id, type, state_key, pos)
);
create index room_state_members on room_state (room_id, until_pos, pos) where type = 'm.room.member';
create index room_state_others on room_state (room_id, until_pos, pos) where type <> 'm.room.member';
create index room_state_changes on room_state (room_id, pos);
comment on table room_state is
  'Each state event holds from pos until the next of its key: the state at p is every row with pos <= p < until_pos';
comment on column room_state.value is 'The word that rules ask for: membership, visibility; 1 for a name or alias that is not empty';

create table membership (
  user_id text collate "C" not null,
  room_id text collate "C" not null,
  membership text not null,
  pos bigint not null,
  primary key (user_id, room_id)
);
comment on table membership is 'The newest member event of everybody in every room';
create index membership_pos on membership (user_id, pos);

create table txn (
  key bytea primary key,
  event_id text collate "C" not null,
  at bigint not null
);
create index txn_at on txn (at);
comment on table txn is 'Kept for a day: retries come within minutes';
comment on column txn.key is 'SHA-256 of user, device and request: see core/transactions';

create table alias (
  alias text collate "C" primary key,
  room_id text collate "C" not null,
  creator text collate "C" not null
);
create index alias_room on alias (room_id);
`;

export class ReadModel1700000001000 implements MigrationInterface {
  name = 'ReadModel1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table room, room_event, room_state, membership, txn, alias');
  }
}
