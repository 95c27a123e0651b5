import type { ModerationEvent, ModerationSnapshot, StoredEvent } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

type Flag = 'shadow_banned' | 'suspended' | 'locked';

/** Users under a restriction now: what replicas start from. One row per restricted user. */
@Injectable()
export class RestrictedUsers extends PgProjection {
  readonly name = 'moderation.restricted-users';
  readonly tables = ['restricted_user'];
  readonly rebuilding = { on: (pool: pg.Pool) => new RestrictedUsers(pool) };

  constructor(@Inject(POOL) pool: pg.Pool) {
    super(pool);
  }

  /** Rows and the position they stand for, in one statement, so that they belong together. */
  async snapshot(): Promise<ModerationSnapshot> {
    const { rows } = await this.pool.query<{ log_id: string; pos: string; users: ModerationSnapshot['users'] | null }>({
      text: `select log_id, pos, (
          select json_agg(json_build_object(
            'userId', user_id, 'shadowBanned', shadow_banned, 'suspended', suspended, 'locked', locked
          )) from restricted_user
        ) as users from cursor where name = $1`,
      values: [this.name],
    });
    const row = rows[0];
    return row ? { logId: row.log_id, pos: Number(row.pos), users: row.users ?? [] } : { logId: '', pos: 0, users: [] };
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    for (const event of batch as readonly StoredEvent<ModerationEvent>[]) {
      const { type, data } = event;
      switch (type) {
        case 'user.shadow_banned':
          await impose(tx, 'shadow_banned', data);
          break;
        case 'user.shadow_ban_lifted':
          await lift(tx, 'shadow_banned', data);
          break;
        case 'user.suspended':
          await impose(tx, 'suspended', data);
          break;
        case 'user.unsuspended':
          await lift(tx, 'suspended', data);
          break;
        case 'user.locked':
          await impose(tx, 'locked', data);
          break;
        case 'user.unlocked':
          await lift(tx, 'locked', data);
          break;
      }
    }
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('delete from restricted_user');
  }
}

async function impose(tx: pg.PoolClient, flag: Flag, { subject }: ModerationEvent['data']): Promise<void> {
  await tx.query({
    name: `restricted_user_${flag}`,
    text: `insert into restricted_user (user_id, shadow_banned, suspended, locked)
      values ($1, ${flag === 'shadow_banned'}, ${flag === 'suspended'}, ${flag === 'locked'})
      on conflict (user_id) do update set ${flag} = true`,
    values: [subject.id],
  });
}

/** The row goes with the last restriction. */
async function lift(
  tx: pg.PoolClient,
  flag: Flag,
  { subject, causesLeft }: { subject: { id: string }; causesLeft: number },
): Promise<void> {
  if (causesLeft > 0) return;
  await tx.query({
    name: `restricted_user_not_${flag}`,
    text: `update restricted_user set ${flag} = false where user_id = $1`,
    values: [subject.id],
  });
  await tx.query({
    name: 'restricted_user_remove',
    text: 'delete from restricted_user where user_id = $1 and not (shadow_banned or suspended or locked)',
    values: [subject.id],
  });
}
