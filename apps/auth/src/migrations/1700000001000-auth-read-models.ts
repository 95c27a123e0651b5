import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Read models of the log, and what stands beside it: password hashes, nonces, UIA sessions. */
export class AuthReadModels1700000001000 implements MigrationInterface {
  name = 'AuthReadModels1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table account (
        user_id text primary key,
        user_key text not null,
        kind text not null,
        admin boolean not null,
        user_type text,
        appservice_id text,
        created_ts bigint not null,
        display_name text not null,
        credential_id text,
        deactivated boolean not null
      );
      create unique index account_user_key on account (user_key);
      create table device (
        user_id text not null,
        device_id text not null,
        display_name text,
        primary key (user_id, device_id)
      );
      create table access_token (
        token_id text primary key,
        token_hash text not null unique,
        owner_user_id text not null,
        target_user_id text not null,
        device_id text,
        valid_until_ms bigint
      );
      create index access_token_owner on access_token (owner_user_id);
      create table credential (
        credential_id text primary key,
        user_id text not null,
        password_hash text not null,
        created_at_ms bigint not null
      );
      create index credential_created on credential (created_at_ms);
      create table nonce (
        nonce_hash text primary key,
        expires_at_ms bigint not null
      );
      create table uia_session (
        session_id text primary key,
        operation text not null,
        created_at_ms bigint not null,
        completed text not null,
        body text not null,
        password_hash text,
        user_id text,
        credential_id text
      );
      create index uia_session_created on uia_session (created_at_ms)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table account, device, access_token, credential, nonce, uia_session');
  }
}
