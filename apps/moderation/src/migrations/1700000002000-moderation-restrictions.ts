import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Suspensions and locks beside shadow-bans; of accounts also what protects them from restrictions, which the log of auth has to
 * be read again for. Processes of before would not honour a lock, so they must not serve any more.
 */
export class ModerationRestrictions1700000002000 implements MigrationInterface {
  name = 'ModerationRestrictions1700000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table restricted_user
        add column suspended boolean not null default false,
        add column locked boolean not null default false;
      alter table known_account
        add column admin boolean not null default false,
        add column deactivated boolean not null default false;
      delete from known_account;
      delete from cursor where name = 'moderation.known-accounts'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table restricted_user drop column suspended, drop column locked;
      alter table known_account drop column admin, drop column deactivated`);
  }
}
