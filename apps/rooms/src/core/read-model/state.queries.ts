import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { STATE_COLUMNS, STATE_JOINS } from './event-columns.js';
import { hasNul } from './has-nul.js';
import { recordOf, type EventRecord, type EventRow } from './event-record.js';

/** A moment in a room's history: just after the event at `pos`. */
export interface Moment {
  roomId: string;
  pos: number;
}

/**
 * The state of rooms at any position. Costs what the state holds and what has changed since, never the length of the history.
 */
@Injectable()
export class States {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** All state at each moment except member events. */
  withoutMembers(moments: readonly Moment[]): Promise<EventRecord[]> {
    return this.at('rooms_state_without_members', moments, `s.type <> 'm.room.member'`);
  }

  /** All member events at each moment. */
  members(moments: readonly Moment[]): Promise<EventRecord[]> {
    return this.at('rooms_state_members', moments, `s.type = 'm.room.member'`);
  }

  async all(moments: readonly Moment[]): Promise<EventRecord[]> {
    const parts = await Promise.all([this.withoutMembers(moments), this.members(moments)]);
    return parts.flat();
  }

  /** Member events of some users at each moment. */
  membersAmong(moments: readonly Moment[], userIds: readonly string[]): Promise<EventRecord[]> {
    if (userIds.length === 0) return Promise.resolve([]);
    return this.at('rooms_state_members_among', moments, `s.type = 'm.room.member' and s.state_key = any($3::text[])`, [
      userIds,
    ]);
  }

  /** One piece of state; null when the room had none. */
  async one({ roomId, pos }: Moment, type: string, stateKey: string): Promise<EventRecord | null> {
    if (hasNul(type, stateKey)) return null;
    const found = await this.at('rooms_state_one', [{ roomId, pos }], 's.type = $3 and s.state_key = $4', [
      type,
      stateKey,
    ]);
    return found[0] ?? null;
  }

  /** State events in (after, upTo] that still held at `upTo`: what a reader who knows the state at `after` lacks. */
  async changes(stretches: readonly { roomId: string; after: number; upTo: number }[]): Promise<EventRecord[]> {
    if (stretches.length === 0) return [];
    const { rows } = await this.pool.query<EventRow>({
      name: 'rooms_state_changes',
      text: `select ${STATE_COLUMNS}
        from unnest($1::text[], $2::bigint[], $3::bigint[]) as w(room_id, after_pos, up_to)
        join room_state h on h.room_id = w.room_id and h.pos > w.after_pos and h.pos <= w.up_to and h.until_pos > w.up_to
        join room_event e on e.room_id = h.room_id and e.pos = h.pos ${STATE_JOINS}`,
      values: [
        stretches.map(({ roomId }) => roomId),
        stretches.map(({ after }) => after),
        stretches.map(({ upTo }) => upTo),
      ],
    });
    return rows.map(recordOf);
  }

  private async at(
    name: string,
    moments: readonly Moment[],
    condition: string,
    values: unknown[] = [],
  ): Promise<EventRecord[]> {
    if (moments.length === 0) return [];
    const { rows } = await this.pool.query<EventRow>({
      name,
      text: `select ${STATE_COLUMNS}
        from unnest($1::text[], $2::bigint[]) as w(room_id, at_pos)
        cross join lateral (
          select s.pos from room_state s
          where s.room_id = w.room_id and s.until_pos > w.at_pos and s.pos <= w.at_pos and ${condition}
        ) h
        join room_event e on e.room_id = w.room_id and e.pos = h.pos ${STATE_JOINS}
        order by e.room_id, e.pos`,
      values: [moments.map(({ roomId }) => roomId), moments.map(({ pos }) => pos), ...values],
    });
    return rows.map(recordOf);
  }
}
