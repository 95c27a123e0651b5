import type { LogPosition, Membership } from '@ganglion/contracts';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { groupBy } from '../core/group-by.js';
import { READ_MODEL } from '../core/read-model/rooms.projection.js';
import type { OwnChange } from './section.js';

/** One of the user's rooms as of the moment of the answer. */
export interface OwnRoom {
  roomId: string;
  membership: Membership;
  /** Position of the user's newest member event. */
  memberPos: number;
  /** Position of the room's newest event. */
  lastPos: number;
  joinedMembers: number;
  invitedMembers: number;
}

interface Row {
  log_id: string;
  now: string;
  room_id: string | null;
  membership: Membership;
  member_pos: string;
  last_pos: string;
  joined_members: number;
  invited_members: number;
}

@Injectable()
export class OwnRooms {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /**
   * The user's rooms and the position of the read model, seen in one glance: everything else of an answer is asked for as of
   * that position. All joined rooms, and of the others those whose membership changed after `since`.
   */
  async at(userId: string, since: number): Promise<{ now: LogPosition; rooms: OwnRoom[] }> {
    const { rows } = await this.pool.query<Row>({
      name: 'rooms_own_rooms',
      text: `select c.log_id, c.pos as now, m.room_id, m.membership, m.pos as member_pos,
          r.last_pos, r.joined_members, r.invited_members
        from cursor c
        left join (membership m join room r on r.room_id = m.room_id)
          on m.user_id = $1 and (m.membership = 'join' or m.pos > $2)
        where c.name = $3`,
      values: [userId, since, READ_MODEL],
    });
    const [first] = rows;
    if (!first) throw new Error('the read model of rooms has not begun');
    return { now: { logId: first.log_id, pos: Number(first.now) }, rooms: rows.flatMap(ownRoomOf) };
  }

  /** The user's memberships in some rooms: what held at `since`, and every change after it, ascending; by room. */
  async changes(userId: string, roomIds: readonly string[], since: number): Promise<Map<string, OwnChange[]>> {
    if (roomIds.length === 0) return new Map();
    const { rows } = await this.pool.query<{ room_id: string; pos: string; value: Membership | null }>({
      name: 'rooms_own_changes',
      text: `select s.room_id, s.pos, s.value
        from unnest($2::text[]) as w(room_id)
        join room_state s on s.room_id = w.room_id and s.type = 'm.room.member' and s.state_key = $1 and s.until_pos > $3
        order by s.room_id, s.pos`,
      values: [userId, roomIds, since],
    });
    const changes = groupBy(rows, ({ room_id }) => room_id);
    return new Map(
      [...changes].map(([roomId, own]) => [
        roomId,
        own.map(({ pos, value }) => ({ pos: Number(pos), membership: value ?? 'leave' })),
      ]),
    );
  }
}

function ownRoomOf(row: Row): OwnRoom[] {
  if (row.room_id === null) return [];
  return [
    {
      roomId: row.room_id,
      membership: row.membership,
      memberPos: Number(row.member_pos),
      lastPos: Number(row.last_pos),
      joinedMembers: row.joined_members,
      invitedMembers: row.invited_members,
    },
  ];
}
