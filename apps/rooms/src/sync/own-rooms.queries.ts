import type { LogPosition, Membership } from '@ganglion/contracts';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
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

/** The user's rooms that an answer may have to tell of, and the moment they were seen at. */
export interface OwnRoomsAt {
  now: LogPosition;
  /** Grows with every change of the user's memberships anywhere. */
  version: number;
  rooms: OwnRoom[];
}

interface Row {
  log_id: string;
  now: string;
  version: string | null;
  room_id: string | null;
  membership: Membership;
  member_pos: string;
  last_pos: string;
  joined_members: number;
  invited_members: number;
}

const COLUMNS = `m.room_id, m.membership, m.pos as member_pos, r.last_pos, r.joined_members, r.invited_members`;

/** Rooms kept in memory for all users together. */
const MAX_CACHED_ROOMS = 1_000_000;

/**
 * Everything is seen in one glance together with the position of the read model, and everything else of the answer is asked for
 * as of that position.
 */
@Injectable()
export class OwnRooms {
  private readonly joinedBy = new LRUCache<string, { version: number; roomIds: string[] }>({
    maxSize: MAX_CACHED_ROOMS,
    sizeCalculation: ({ roomIds }) => roomIds.length + 1,
  });

  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** All joined rooms, and of the others those whose membership changed after `since`. Costs what the user is in. */
  all(userId: string, since: number): Promise<OwnRoomsAt> {
    return this.at(
      'rooms_own_rooms',
      `select ${COLUMNS} from membership m join room r on r.room_id = m.room_id
        where m.user_id = $1 and (m.membership = 'join' or m.pos > $2)`,
      [userId, since],
    );
  }

  /**
   * Rooms where something happened after `since`, and where the membership changed. Costs what has happened on the server since,
   * however many rooms the user is in: for tokens that are not old.
   */
  changed(userId: string, since: number): Promise<OwnRoomsAt> {
    return this.at(
      'rooms_own_rooms_changed',
      `select ${COLUMNS} from membership m join room r on r.room_id = m.room_id where m.user_id = $1 and m.pos > $2
        union all
        select ${COLUMNS}
        from (select distinct room_id from room_event where pos > $2) e
        join membership m on m.user_id = $1 and m.room_id = e.room_id
        join room r on r.room_id = m.room_id
        where m.membership = 'join' and m.pos <= $2`,
      [userId, since],
    );
  }

  /** Ids of the rooms the user is joined to, at least as new as `version`; from memory while nothing changed. */
  async joined(userId: string, version: number): Promise<string[]> {
    const known = this.joinedBy.get(userId);
    if (known && known.version === version) return known.roomIds;
    const { rows } = await this.pool.query<{ room_id: string }>({
      name: 'rooms_joined_rooms',
      text: `select room_id from membership where user_id = $1 and membership = 'join' order by room_id`,
      values: [userId],
    });
    const roomIds = rows.map(({ room_id }) => room_id);
    this.joinedBy.set(userId, { version, roomIds });
    return roomIds;
  }

  private async at(name: string, rooms: string, values: unknown[]): Promise<OwnRoomsAt> {
    const { rows } = await this.pool.query<Row>({
      name,
      text: `select c.log_id, c.pos as now, (select max(v.pos) from membership v where v.user_id = $1) as version, o.*
        from cursor c left join (${rooms}) o on true where c.name = '${READ_MODEL}'`,
      values,
    });
    const [first] = rows;
    if (!first) throw new Error('the read model of rooms has not begun');
    const now = { logId: first.log_id, pos: Number(first.now) };
    return { now, version: Number(first.version ?? 0), rooms: rows.flatMap(ownRoomOf) };
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
