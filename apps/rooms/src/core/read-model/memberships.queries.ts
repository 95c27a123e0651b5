import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

/** Who is where, as far as the read model has come. */
@Injectable()
export class Memberships {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** Rooms the user is joined to, ascending. */
  async joinedRooms(userId: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ room_id: string }>({
      name: 'rooms_joined_rooms',
      text: `select room_id from membership where user_id = $1 and membership = 'join' order by room_id`,
      values: [userId],
    });
    return rows.map(({ room_id }) => room_id);
  }

  /** Those of `roomIds` that the user is joined to. */
  async joinedAmong(roomIds: readonly string[], userId: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ room_id: string }>({
      name: 'rooms_joined_among',
      text: `select room_id from membership where user_id = $1 and room_id = any($2::text[]) and membership = 'join'`,
      values: [userId, roomIds],
    });
    return rows.map(({ room_id }) => room_id);
  }
}
