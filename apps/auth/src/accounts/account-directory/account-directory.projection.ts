import type { AccountFlags, AuthEvent, AuthSnapshot, StoredEvent, TokenRow } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import {
  ACCOUNT_COLUMNS,
  flagsOf,
  TOKEN_COLUMNS,
  tokenOf,
  type AccountRow,
  type AccessTokenRow,
} from './directory-rows.js';
import { statementFor } from './directory-statements.js';

/**
 * Accounts, their devices and live tokens (by hash) as rows: what replicas start from and look single tokens up in. Reads the
 * auth log; one to three rows per event. If it dies half-way, rows and position are as before the batch.
 */
@Injectable()
export class AccountDirectory extends PgProjection {
  readonly name = 'auth.account-directory';

  constructor(@Inject(POOL) pool: pg.Pool) {
    super(pool);
  }

  /** All of it with the position it stands for, as of one moment. @param tokens  false: without tokens */
  async snapshot(tokens: boolean): Promise<AuthSnapshot> {
    return this.asOfOneMoment(async (tx, at) => {
      const users = await tx.query<AccountRow>(`select ${ACCOUNT_COLUMNS} from account`);
      const devices = await tx.query<[string, string]>({
        text: 'select user_id, device_id from device',
        rowMode: 'array',
      });
      const live = tokens ? await tx.query<AccessTokenRow>(`select ${TOKEN_COLUMNS} from access_token`) : { rows: [] };
      return { ...at, users: users.rows.map(flagsOf), tokens: live.rows.map(tokenOf), devices: devices.rows };
    });
  }

  /** The token with that hash and the accounts it concerns. */
  async token(tokenHash: string): Promise<{ token: TokenRow | null; users: AccountFlags[]; pos: number }> {
    return this.asOfOneMoment(async (tx, { pos }) => {
      const found = await tx.query<AccessTokenRow>({
        name: 'access_token_by_hash',
        text: `select ${TOKEN_COLUMNS} from access_token where token_hash = $1`,
        values: [tokenHash],
      });
      const token = found.rows[0] ? tokenOf(found.rows[0]) : null;
      if (!token) return { token, users: [], pos };
      const users = await tx.query<AccountRow>({
        name: 'account_flags',
        text: `select ${ACCOUNT_COLUMNS} from account where user_id = any($1)`,
        values: [[token.ownerUserId, token.targetUserId]],
      });
      return { token, users: users.rows.map(flagsOf), pos };
    });
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    for (const event of batch) {
      const statement = statementFor(event as StoredEvent<AuthEvent>);
      if (statement) await tx.query(statement);
    }
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('truncate account, device, access_token');
  }

  private async asOfOneMoment<T>(
    read: (tx: pg.PoolClient, at: { logId: string; pos: number }) => Promise<T>,
  ): Promise<T> {
    const tx = await this.pool.connect();
    let broken = true;
    try {
      await tx.query('begin isolation level repeatable read read only');
      const { rows } = await tx.query<{ log_id: string; pos: string }>({
        name: 'account_directory_position',
        text: 'select log_id, pos from cursor where name = $1',
        values: [this.name],
      });
      const result = await read(tx, { logId: rows[0]?.log_id ?? '', pos: Number(rows[0]?.pos ?? 0) });
      await tx.query('commit');
      broken = false;
      return result;
    } finally {
      // A connection on which a transaction may still be open is not handed to anybody else.
      tx.release(broken);
    }
  }
}
