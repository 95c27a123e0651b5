import { Injectable } from '@nestjs/common';
import { AccessQueries } from '../core/access/access.queries.js';
import type { Sight } from '../core/access/sight.js';
import type { EventRecord } from '../core/read-model/event-record.js';
import { Events } from '../core/read-model/events.queries.js';
import type { OwnRoom } from './own-rooms.queries.js';
import { changesSummary, distinct, type RoomEntry } from './room-entry.js';
import { RoomStates, type TimedRoom } from './room-states.service.js';
import { SentMembers } from './sent-members.js';
import { Summaries } from './summary.queries.js';
import { SyncFilter, type SyncRequest } from './sync-request.js';
import type { PlannedRoom } from './sync-plan.js';
import { Timelines } from './timelines.service.js';

/** What the rooms of a plan say, and what the reader sees of each. */
export interface RoomEntries {
  entries: { planned: PlannedRoom; entry: RoomEntry }[];
  sights: ReadonlyMap<string, Sight>;
}

/** Fills the plan of a sync: timelines, states, summaries. A handful of queries, however many rooms. */
@Injectable()
export class RoomEntriesReader {
  private readonly sent = new SentMembers();

  constructor(
    private readonly timelines: Timelines,
    private readonly states: RoomStates,
    private readonly summaries: Summaries,
    private readonly access: AccessQueries,
    private readonly events: Events,
  ) {}

  async read(rooms: readonly PlannedRoom[], request: SyncRequest): Promise<RoomEntries> {
    const filter = new SyncFilter(request.filter);
    const { userId } = request.reader;
    // A member all along sees everything that happened since the token.
    const partly = rooms.filter(({ whole, section }) => whole || section === 'leave');
    const sights = await this.access.sights(partly.map(roomIdOf), userId);
    const windows = rooms.map(({ room, after, upTo }) => ({ roomId: room.roomId, after, upTo }));
    const timelines = await this.timelines.of(
      windows,
      request.timelineLimit,
      (record) => filter.timeline(record) || isOwnDeparture(record, rooms, userId),
      sights,
    );
    const timed = rooms.map((planned) => ({ planned, timeline: timelines.get(roomIdOf(planned))! }));
    for (const { planned, timeline } of timed) timeline.limited ||= planned.gap;
    return { entries: await this.entries(timed, request, filter), sights };
  }

  /** The reader's own invites or knocks. */
  ownEvents(rooms: readonly OwnRoom[]): Promise<EventRecord[]> {
    return this.events.newest(
      rooms.map(({ roomId, memberPos }) => ({ roomId, after: memberPos - 1, upTo: memberPos, limit: 1 })),
    );
  }

  private async entries(rooms: readonly TimedRoom[], request: SyncRequest, filter: SyncFilter) {
    const { userId } = request.reader;
    const after = request.stateAfterKey !== null;
    const named = await this.summaries.heroes(rooms.filter(({ planned }) => planned.whole).map(idOf), userId);
    const lacking = await this.states.of(rooms, {
      after,
      timelineHides: filter.mayHideEvents,
      ...(filter.lazyMembers && {
        membersOf: (room: TimedRoom) => [userId, ...senders(room), ...(named.get(idOf(room)) ?? [])],
      }),
    });
    const changed = rooms.filter(
      (room) => !room.planned.whole && room.planned.section === 'join' && summaryChanged(room, lacking),
    );
    const heroes = new Map([...named, ...(await this.summaries.heroes(changed.map(idOf), userId))]);
    if (filter.lazyMembers) await this.addMembers(rooms, lacking, request, filter, heroes);
    return rooms.map((room) => {
      const state = (lacking.get(idOf(room)) ?? []).filter((record) => filter.state(record));
      const isTold = room.planned.section === 'join' && (room.planned.whole || changed.includes(room));
      const summary = isTold ? summaryOf(room, heroes) : null;
      return { planned: room.planned, entry: { timeline: room.timeline, state, summary } };
    });
  }

  /** Lazy loading: the members whom the device needs in order to show the timeline and the room's name, unless it has them. */
  private async addMembers(
    rooms: readonly TimedRoom[],
    lacking: Map<string, EventRecord[]>,
    { reader, since, stateAfterKey }: SyncRequest,
    filter: SyncFilter,
    heroes: ReadonlyMap<string, string[]>,
  ): Promise<void> {
    const device = JSON.stringify([reader.userId, reader.deviceId]);
    const after = stateAfterKey !== null;
    if (since === null) this.sent.forget(device);
    const partial = rooms.filter(({ planned }) => planned.wasJoined && !planned.fullState);
    const found = await this.states.members(partial, after, (room) => [
      ...senders(room),
      ...(heroes.get(idOf(room)) ?? []),
    ]);
    for (const room of rooms) {
      const roomId = idOf(room);
      const fresh = (found.get(roomId) ?? []).filter(
        (record) => filter.redundantMembers || !this.sent.has(device, roomId, memberOf(record)),
      );
      const inTimeline = after ? [] : room.timeline.events.filter(isMember);
      const superseded = new Set(inTimeline.map(({ pdu }) => pdu.state_key));
      const added = fresh.filter(({ pdu }) => !superseded.has(pdu.state_key));
      const state = distinct([...(lacking.get(roomId) ?? []), ...added]);
      if (room.planned.wasJoined) lacking.set(roomId, state);
      this.sent.remember(device, roomId, [...state, ...room.timeline.events].filter(isMember).map(memberOf));
    }
  }
}

const roomIdOf = ({ room }: PlannedRoom): string => room.roomId;
const idOf = ({ planned }: TimedRoom): string => planned.room.roomId;
const senders = ({ timeline }: TimedRoom): string[] => timeline.events.map(({ pdu }) => pdu.sender);
const isMember = ({ pdu }: EventRecord): boolean => pdu.type === 'm.room.member' && pdu.state_key !== undefined;
const memberOf = ({ eventId, pdu }: EventRecord) => ({ userId: pdu.state_key!, eventId });

/** The event by which a room was left is told whatever the filter: bots wait for it. */
function isOwnDeparture(record: EventRecord, rooms: readonly PlannedRoom[], userId: string): boolean {
  if (record.pdu.type !== 'm.room.member' || record.pdu.state_key !== userId) return false;
  return rooms.some(
    ({ room, section, upTo }) => section === 'leave' && room.roomId === record.roomId && upTo === record.pos,
  );
}

function summaryChanged(room: TimedRoom, lacking: ReadonlyMap<string, EventRecord[]>): boolean {
  return changesSummary([...room.timeline.events, ...(lacking.get(idOf(room)) ?? [])]);
}

function summaryOf({ planned }: TimedRoom, heroes: ReadonlyMap<string, string[]>) {
  const { roomId, joinedMembers, invitedMembers } = planned.room;
  return { joinedMembers, invitedMembers, heroes: heroes.get(roomId) ?? null };
}
