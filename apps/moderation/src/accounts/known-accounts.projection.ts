import type { AccountRegistered, StoredEvent } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

/** Accounts of the auth log: whom moderation can decide about, and the name they have. One row per account. */
@Injectable()
export class KnownAccounts extends PgProjection {
  readonly name = 'moderation.known-accounts';

  constructor(@Inject(POOL) pool: pg.Pool) {
    super(pool);
  }

  /** Null: no such account. */
  async profileOf(userId: string): Promise<{ displayname: string | null; avatarUrl: string | null } | null> {
    const { rows } = await this.pool.query<{ display_name: string | null }>({
      name: 'known_account_profile',
      text: 'select display_name from known_account where user_id = $1',
      values: [userId],
    });
    return rows[0] ? { displayname: rows[0].display_name, avatarUrl: null } : null;
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    const registered = batch
      .filter(({ type }) => type === 'account.registered')
      .map(({ data }) => data as AccountRegistered['data']);
    if (registered.length === 0) return;
    await tx.query({
      name: 'known_account_add',
      text: `insert into known_account (user_id, display_name) select * from unnest($1::text[], $2::text[])
        on conflict (user_id) do update set display_name = excluded.display_name`,
      values: [registered.map(({ userId }) => userId), registered.map(({ displayName }) => displayName)],
    });
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from known_account');
  }
}
