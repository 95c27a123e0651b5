import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether a deactivated account asked for erasure. Processes of before do not know that a password can be replaced, so they
 * must not serve any more.
 */
export class AuthAccountLifecycle1700000002000 implements MigrationInterface {
  name = 'AuthAccountLifecycle1700000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table account add column erased boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table account drop column erased');
  }
}
