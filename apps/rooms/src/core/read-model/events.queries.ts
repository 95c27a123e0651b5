import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { EVENT_COLUMNS, EVENT_JOINS } from './event-columns.js';
import { hasNul } from './has-nul.js';
import { recordOf, type EventRecord, type EventRow } from './event-record.js';

/** A stretch of one room's history: positions in (after, upTo]. */
export interface Stretch {
  roomId: string;
  after: number;
  upTo: number;
  /** Most events wanted from it. */
  limit: number;
}

/** Events of rooms; every query costs what it returns, however long the history and however many the rooms. */
@Injectable()
export class Events {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** @param eventId  whatever a client sent */
  async byId(eventId: string): Promise<EventRecord | null> {
    if (hasNul(eventId)) return null;
    const { rows } = await this.pool.query<EventRow>({
      name: 'rooms_event_by_id',
      text: `select ${EVENT_COLUMNS} from room_event e ${EVENT_JOINS} where e.event_id = $1`,
      values: [eventId],
    });
    return rows[0] ? recordOf(rows[0]) : null;
  }

  /** The newest of each stretch, newest first within a room. */
  newest(stretches: readonly Stretch[]): Promise<EventRecord[]> {
    return this.stretches('rooms_newest', 'desc', stretches);
  }

  /** The oldest of each stretch, oldest first within a room. */
  oldest(stretches: readonly Stretch[]): Promise<EventRecord[]> {
    return this.stretches('rooms_oldest', 'asc', stretches);
  }

  private async stretches(name: string, order: 'asc' | 'desc', stretches: readonly Stretch[]): Promise<EventRecord[]> {
    if (stretches.length === 0) return [];
    const { rows } = await this.pool.query<EventRow>({
      name,
      text: `select ${EVENT_COLUMNS}
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::int[]) as w(room_id, after_pos, up_to, max_rows)
        cross join lateral (
          select * from room_event x
          where x.room_id = w.room_id and x.pos > w.after_pos and x.pos <= w.up_to
          order by x.pos ${order} limit w.max_rows
        ) e ${EVENT_JOINS}
        order by e.room_id, e.pos ${order}`,
      values: [
        stretches.map(({ roomId }) => roomId),
        stretches.map(({ after }) => after),
        stretches.map(({ upTo }) => upTo),
        stretches.map(({ limit }) => limit),
      ],
    });
    return rows.map(recordOf);
  }
}
