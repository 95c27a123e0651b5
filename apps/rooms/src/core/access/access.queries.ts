import type { Membership } from '@ganglion/contracts';
import type { HistoryVisibility } from '@ganglion/matrix';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { groupBy } from '../group-by.js';
import { hasNul } from '../read-model/has-nul.js';
import { FOREVER } from '../read-model/rows.js';
import type { Standing } from './access.js';
import { Sight } from './sight.js';

interface StandingRow {
  membership: Membership | null;
  left_pos: string | null;
  visibility: string | null;
}

interface HistoryRow {
  room_id: string;
  type: string;
  pos: string;
  value: string | null;
}

/** Who may read what, from the read model. */
@Injectable()
export class AccessQueries {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** Null: there is no such room. */
  async standing(roomId: string, userId: string): Promise<Standing | null> {
    if (hasNul(roomId)) return null;
    const { rows } = await this.pool.query<StandingRow>({
      name: 'rooms_standing',
      text: `select m.membership, j.until_pos as left_pos, v.value as visibility
        from room r
        left join membership m on m.user_id = $2 and m.room_id = r.room_id
        left join lateral (
          select s.until_pos from room_state s
          where s.room_id = r.room_id and s.type = 'm.room.member' and s.state_key = $2 and s.value = 'join'
          order by s.pos desc limit 1
        ) j on true
        left join room_state v on v.room_id = r.room_id and v.type = 'm.room.history_visibility' and v.state_key = ''
          and v.until_pos = ${FOREVER}
        where r.room_id = $1`,
      values: [roomId, userId],
    });
    const row = rows[0];
    if (!row) return null;
    const leftPos = row.left_pos === null ? null : Number(row.left_pos);
    return {
      membership: row.membership,
      wasJoined: leftPos !== null,
      departedAt: leftPos === FOREVER ? null : leftPos,
      worldReadable: row.visibility === 'world_readable',
    };
  }

  /** What the reader sees of each room's history, by room id. */
  async sights(roomIds: readonly string[], userId: string): Promise<Map<string, Sight>> {
    if (roomIds.length === 0) return new Map();
    const { rows } = await this.pool.query<HistoryRow>({
      name: 'rooms_sights',
      text: `select h.room_id, h.type, h.pos, h.value
        from unnest($1::text[]) as w(room_id)
        cross join lateral (
          select s.room_id, s.type, s.pos, s.value from room_state s
          where s.room_id = w.room_id and s.type = 'm.room.member' and s.state_key = $2
          union all
          select s.room_id, s.type, s.pos, s.value from room_state s
          where s.room_id = w.room_id and s.type = 'm.room.history_visibility' and s.state_key = ''
        ) h
        order by h.room_id, h.pos`,
      values: [roomIds, userId],
    });
    const byRoom = groupBy(rows, ({ room_id }) => room_id);
    return new Map(roomIds.map((roomId) => [roomId, sightOf(userId, byRoom.get(roomId) ?? [])]));
  }

  async sight(roomId: string, userId: string): Promise<Sight> {
    return (await this.sights([roomId], userId)).get(roomId)!;
  }
}

function sightOf(userId: string, rows: readonly HistoryRow[]): Sight {
  return new Sight({
    userId,
    membership: changes<Membership>(rows, 'm.room.member', 'leave'),
    visibility: changes<HistoryVisibility>(rows, 'm.room.history_visibility', 'shared'),
  });
}

/** @param otherwise  what an event means that says nothing known */
function changes<T extends string>(rows: readonly HistoryRow[], type: string, otherwise: T) {
  return rows
    .filter((row) => row.type === type)
    .map(({ pos, value }) => ({ pos: Number(pos), value: (value ?? otherwise) as T }));
}
