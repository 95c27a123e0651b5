import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ModerationReadModels1700000001000 implements MigrationInterface {
  name = 'ModerationReadModels1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table restricted_user (
        user_id text primary key,
        shadow_banned boolean not null
      );
      create table known_account (
        user_id text primary key,
        display_name text
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table restricted_user, known_account');
  }
}
