import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { groupBy } from '../core/group-by.js';
import { FOREVER } from '../core/read-model/rows.js';

/** Most heroes of a room. */
const MAX_HEROES = 5;

@Injectable()
export class Summaries {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /**
   * Who a room without name and alias may be called after, at most five, without the reader, in the order of their member events;
   * by room id. Rooms that have a name are left out.
   */
  async heroes(roomIds: readonly string[], userId: string): Promise<Map<string, string[]>> {
    if (roomIds.length === 0) return new Map();
    const present = await this.members(roomIds, userId, ['join', 'invite']);
    const lonely = [...present].filter(([, heroes]) => heroes.length === 0).map(([roomId]) => roomId);
    const departed = await this.members(lonely, userId, ['leave', 'ban']);
    return new Map([...present, ...departed]);
  }

  private async members(
    roomIds: readonly string[],
    userId: string,
    memberships: string[],
  ): Promise<Map<string, string[]>> {
    if (roomIds.length === 0) return new Map();
    const { rows } = await this.pool.query<{ room_id: string; hero: string | null }>({
      name: 'rooms_heroes',
      text: `select w.room_id, h.state_key as hero
        from unnest($1::text[]) as w(room_id)
        left join lateral (
          select s.state_key, s.pos from room_state s
          where s.room_id = w.room_id and s.type = 'm.room.member' and s.until_pos = ${FOREVER}
            and s.value = any($3::text[]) and s.state_key <> $2
          order by s.pos limit ${MAX_HEROES}
        ) h on true
        where not exists (
          select 1 from room_state n
          where n.room_id = w.room_id and n.type in ('m.room.name', 'm.room.canonical_alias') and n.state_key = ''
            and n.until_pos = ${FOREVER} and n.value is not null
        )
        order by w.room_id, h.pos`,
      values: [roomIds, userId, memberships],
    });
    const heroes = groupBy(rows, ({ room_id }) => room_id);
    return new Map([...heroes].map(([roomId, own]) => [roomId, own.flatMap(({ hero }) => hero ?? [])]));
  }
}
