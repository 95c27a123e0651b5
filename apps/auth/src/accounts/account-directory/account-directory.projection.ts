import type {
  AccountFlags,
  AuthEvent,
  AuthSnapshot,
  AuthSnapshotRequest,
  StoredEvent,
  TokenRow,
} from '@ganglion/contracts';
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
import {
  PAGE_ROWS,
  pageStatement,
  placeAfter,
  readPlace,
  sectionAfter,
  START,
  writePlace,
  type Place,
} from './snapshot-pages.js';

interface Found {
  users: AccountRow[];
  devices: { user_id: string; device_id: string }[];
  tokens: AccessTokenRow[];
}

/**
 * Accounts, their devices and live tokens (by hash) as rows: what replicas start from and look single tokens up in. Reads the
 * auth log; one to three rows per event. If it dies half-way, rows and position are as before the batch.
 */
@Injectable()
export class AccountDirectory extends PgProjection {
  readonly name = 'auth.account-directory';
  readonly tables = ['account', 'device', 'access_token'];
  readonly rebuilding = { on: (pool: pg.Pool) => new AccountDirectory(pool) };

  constructor(@Inject(POOL) pool: pg.Pool) {
    super(pool);
  }

  /** One page of all of it with the position that page stands for, as of one moment. @throws Error when `after` is not ours */
  async snapshot({ tokens = false, after, limit }: AuthSnapshotRequest): Promise<AuthSnapshot> {
    const start = after ? readPlace(after) : START;
    const rows = Math.min(Math.max(Math.trunc(limit ?? PAGE_ROWS), 1), PAGE_ROWS);
    return this.asOfOneMoment(async (tx, at) => {
      const found: Found = { users: [], devices: [], tokens: [] };
      const next = await collect(tx, found, { start, rows, tokens });
      return {
        ...at,
        users: found.users.map(flagsOf),
        devices: found.devices.map(({ user_id, device_id }): [string, string] => [user_id, device_id]),
        tokens: found.tokens.map(tokenOf),
        next: next && writePlace(next),
      };
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

/** Fills `found` with the next rows. @returns where the page ends; null: there is nothing more */
async function collect(
  tx: pg.PoolClient,
  found: Found,
  { start, rows, tokens }: { start: Place; rows: number; tokens: boolean },
): Promise<Place | null> {
  let place: Place | null = start;
  for (let left = rows; place && left > 0;) {
    const { section }: Place = place;
    const { rows: page }: pg.QueryResult = await tx.query(pageStatement(place, left));
    (found[section] as unknown[]).push(...page);
    place = page.length < left ? sectionAfter(section, tokens) : placeAfter(section, page.at(-1)!);
    left -= page.length;
  }
  return place;
}
