import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
create table profile (
  user_id text collate "C" primary key,
  displayname text,
  avatar_url text
);
comment on table profile is 'Made from the log of auth; its position is the cursor rooms.profiles';

create table filter (
  user_id text collate "C" not null,
  filter_id integer not null,
  digest bytea not null,
  definition text not null,
  primary key (user_id, filter_id),
  unique (user_id, digest)
);
comment on column filter.digest is 'SHA-256 of the canonical definition: the same filter has the same id';
`;

export class UserData1700000002000 implements MigrationInterface {
  name = 'UserData1700000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table profile, filter');
  }
}
