import type { AccountRegistered, AuthEvent, StoredEvent } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

/** What moderation knows of an account. */
export interface KnownAccount {
  displayName: string | null;
  admin: boolean;
  deactivated: boolean;
}

/**
 * Accounts of the auth log: whom moderation can decide about, and the name they have. One row per account. Whom an admin may
 * restrict follows from it, so it halts at what it cannot read instead of going on without.
 */
@Injectable()
export class KnownAccounts extends PgProjection {
  readonly name = 'moderation.known-accounts';
  readonly tables = ['known_account'];
  readonly rebuilding = { on: (pool: pg.Pool) => new KnownAccounts(pool) };

  constructor(@Inject(POOL) pool: pg.Pool) {
    super(pool);
  }

  /** Null: no such account. */
  async find(userId: string): Promise<KnownAccount | null> {
    const { rows } = await this.pool.query<{ display_name: string | null; admin: boolean; deactivated: boolean }>({
      name: 'known_account_find',
      text: 'select display_name, admin, deactivated from known_account where user_id = $1',
      values: [userId],
    });
    const [row] = rows;
    return row ? { displayName: row.display_name, admin: row.admin, deactivated: row.deactivated } : null;
  }

  /** Null: no such account. */
  async profileOf(userId: string): Promise<{ displayname: string | null; avatarUrl: string | null } | null> {
    const account = await this.find(userId);
    return account && { displayname: account.displayName, avatarUrl: null };
  }

  /** An account is registered before anything else happens to it. */
  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    await addRegistered(tx, batch);
    for (const { type, data } of batch as readonly StoredEvent<AuthEvent>[]) {
      if (type === 'account.admin_set') {
        await tx.query({
          name: 'known_account_admin',
          text: 'update known_account set admin = $2 where user_id = $1',
          values: [data.userId, data.value],
        });
      } else if (type === 'account.deactivated') {
        await tx.query({
          name: 'known_account_deactivate',
          text: 'update known_account set deactivated = true where user_id = $1',
          values: [data.userId],
        });
      }
    }
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from known_account');
  }
}

async function addRegistered(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
  const registered = batch
    .filter(({ type }) => type === 'account.registered')
    .map(({ data }) => data as AccountRegistered['data']);
  if (registered.length === 0) return;
  await tx.query({
    name: 'known_account_add',
    text: `insert into known_account (user_id, display_name, admin)
      select * from unnest($1::text[], $2::text[], $3::boolean[])
      on conflict (user_id) do update set display_name = excluded.display_name, admin = excluded.admin`,
    values: [
      registered.map(({ userId }) => userId),
      registered.map(({ displayName }) => displayName),
      registered.map(({ admin }) => admin),
    ],
  });
}
