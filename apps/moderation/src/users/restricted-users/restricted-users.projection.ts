import type { ModerationEvent, ModerationSnapshot, StoredEvent } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

/** Users under a restriction now: what replicas start from. One row per restricted user. */
@Injectable()
export class RestrictedUsers extends PgProjection {
  readonly name = 'moderation.restricted-users';

  constructor(@Inject(POOL) pool: pg.Pool) {
    super(pool);
  }

  /** Rows and the position they stand for, in one statement, so that they belong together. */
  async snapshot(): Promise<ModerationSnapshot> {
    const { rows } = await this.pool.query<{ log_id: string; pos: string; users: ModerationSnapshot['users'] | null }>({
      text: `select log_id, pos, (
          select json_agg(json_build_object('userId', user_id, 'shadowBanned', shadow_banned)) from restricted_user
        ) as users from cursor where name = $1`,
      values: [this.name],
    });
    const row = rows[0];
    return row ? { logId: row.log_id, pos: Number(row.pos), users: row.users ?? [] } : { logId: '', pos: 0, users: [] };
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    for (const event of batch as readonly StoredEvent<ModerationEvent>[]) {
      if (event.type === 'user.shadow_banned') {
        await tx.query({
          name: 'restricted_user_add',
          text: 'insert into restricted_user values ($1, true) on conflict (user_id) do update set shadow_banned = true',
          values: [event.data.subject.id],
        });
      } else if (event.type === 'user.shadow_ban_lifted' && event.data.causesLeft === 0) {
        await tx.query({
          name: 'restricted_user_remove',
          text: 'delete from restricted_user where user_id = $1',
          values: [event.data.subject.id],
        });
      }
    }
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from restricted_user');
  }
}
