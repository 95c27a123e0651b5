import type { AccountRegistered, StoredEvent } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import type pg from 'pg';

/**
 * Profile of every account: the name it was registered with. Reads the log of auth, writes `profile`; one statement per batch;
 * dies half-way: the batch has not happened.
 */
export class ProfilesProjection extends PgProjection {
  readonly name = 'rooms.profiles';
  readonly tables = ['profile'];
  readonly rebuilding = { on: (pool: pg.Pool) => new ProfilesProjection(pool) };
  override readonly parks = true;

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    const registered = batch.filter(
      (event): event is StoredEvent<AccountRegistered> => event.type === 'account.registered',
    );
    if (registered.length === 0) return;
    await tx.query({
      name: 'rooms_profile_registered',
      text: `insert into profile (user_id, displayname) select * from unnest($1::text[], $2::text[])
        on conflict (user_id) do nothing`,
      values: [registered.map(({ data }) => data.userId), registered.map(({ data }) => nameOf(data))],
    });
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('truncate profile');
  }
}

/** Postgres keeps no NUL in a text. */
function nameOf({ displayName }: AccountRegistered['data']): string | null {
  return displayName === '' ? null : displayName.replaceAll('\0', '');
}
