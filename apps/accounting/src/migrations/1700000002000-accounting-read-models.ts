import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AccountingReadModels1700000002000 implements MigrationInterface {
  name = 'AccountingReadModels1700000002000';

  /** Personal data stands here and nowhere else: rows that are deleted after `user_ips_max_age`. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table client_address (
        user_id text not null,
        token_ref text not null,
        ip text not null,
        user_agent text not null,
        device_id text,
        last_seen_ms bigint not null,
        primary key (user_id, token_ref, ip)
      );
      create index client_address_age on client_address (last_seen_ms)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table client_address');
  }
}
