import type { Requester, SyncAnswer, SyncQuery } from '@ganglion/contracts';
import type { RoomsUnderTest } from '../rooms.fixture.js';

export type Served = { event_id: string; type: string; sender: string; content: Record<string, unknown> } & {
  state_key?: string;
  unsigned?: Record<string, unknown>;
};
export interface RoomBody {
  timeline: { events: Served[]; limited: boolean; prev_batch: string };
  state: { events: Served[] };
  state_after: { events: Served[] };
  summary: Record<string, unknown>;
  unread_notifications: object;
  invite_state: { events: Served[] };
}
type Section = 'join' | 'leave' | 'invite';

/** One device that syncs, answer after answer, as a client does. */
export class Device {
  since: string | null = null;
  last!: SyncAnswer;

  constructor(
    private readonly rooms: RoomsUnderTest,
    readonly user: Requester,
    private readonly query: Partial<SyncQuery> = {},
  ) {}

  async sync(query: Partial<SyncQuery> = {}): Promise<this> {
    this.last = await this.rooms.sync(this.user, { since: this.since, ...this.query, ...query });
    this.since = this.last.body['next_batch'] as string;
    return this;
  }

  section(section: Section): Record<string, RoomBody> {
    const rooms = this.last.body['rooms'] as Partial<Record<Section, Record<string, RoomBody>>> | undefined;
    return rooms?.[section] ?? {};
  }

  room(roomId: string, section: Section = 'join'): RoomBody {
    const room = this.section(section)[roomId];
    if (!room) throw new Error(`no ${roomId} in ${section}: ${JSON.stringify(this.last.body['rooms'])}`);
    return room;
  }
}

/** Part of a sync query: a filter on rooms, and more of the filter. */
export const filter = (room: object, more: object = {}) => ({ filter: JSON.stringify({ room, ...more }) });

/** `type|state_key` of each, sorted. */
export const names = (events: Served[]) => events.map(({ type, state_key }) => `${type}|${state_key ?? ''}`).sort();

export const texts = (events: Served[]) => events.map(({ content }) => content['body']).filter(Boolean);

/** State keys of the member events, sorted. */
export const keys = (events: Served[]) =>
  events
    .filter(({ type }) => type === 'm.room.member')
    .map(({ state_key }) => state_key)
    .sort();
