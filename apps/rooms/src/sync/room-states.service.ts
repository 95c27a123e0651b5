import { Injectable } from '@nestjs/common';
import { groupBy } from '../core/group-by.js';
import type { EventRecord } from '../core/read-model/event-record.js';
import { States, type Moment } from '../core/read-model/state.queries.js';
import { distinct } from './room-entry.js';
import type { PlannedRoom } from './sync-plan.js';
import type { Timeline } from './timeline.js';

/** A room of the answer and its timeline. */
export interface TimedRoom {
  planned: PlannedRoom;
  timeline: Timeline;
}

export interface StateMode {
  /** State as of the end of the window, instead of the beginning of the timeline. */
  after: boolean;
  /** Of member events only those of somebody in `membersOf`; absent: all of them. */
  membersOf?: (room: TimedRoom) => Iterable<string>;
  /** The timeline may lack state events that it would otherwise show. */
  timelineHides: boolean;
}

/** The state blocks of any number of rooms (client-api.md §4.7), in a few queries for all of them together. */
@Injectable()
export class RoomStates {
  constructor(private readonly states: States) {}

  /** @returns what each client lacks, by room id */
  async of(rooms: readonly TimedRoom[], mode: StateMode): Promise<Map<string, EventRecord[]>> {
    const told = rooms.filter(({ planned }) => planned.wasJoined);
    const whole = told.filter(({ planned }) => planned.fullState || planned.whole);
    const rest = told.filter((room) => !whole.includes(room));
    const [complete, changed] = await Promise.all([this.complete(whole, mode), this.changed(rest, mode)]);
    return new Map([...complete, ...changed]);
  }

  /** Member events of some users as of where the state block of each room stands; by room id. */
  async members(rooms: readonly TimedRoom[], after: boolean, userIdsOf: (room: TimedRoom) => Iterable<string>) {
    const wanted = new Map(rooms.map((room) => [room.planned.room.roomId, new Set(userIdsOf(room))]));
    const userIds = [...new Set([...wanted.values()].flatMap((ids) => [...ids]))];
    const asked = rooms.filter((room) => wanted.get(room.planned.room.roomId)!.size > 0);
    const found = await this.states.membersAmong(
      asked.map((room) => momentOf(room, after)),
      userIds,
    );
    const theirs = found.filter(({ roomId, pdu }) => wanted.get(roomId)!.has(pdu.state_key!));
    return groupBy(theirs, ({ roomId }) => roomId);
  }

  private async complete(rooms: readonly TimedRoom[], { after, membersOf }: StateMode) {
    const moments = rooms.map((room) => momentOf(room, after));
    if (!membersOf) return groupBy(await this.states.all(moments), ({ roomId }) => roomId);
    const [others, members] = await Promise.all([
      this.states.withoutMembers(moments),
      this.members(rooms, after, membersOf),
    ]);
    return groupBy([...others, ...[...members.values()].flat()], ({ roomId }) => roomId);
  }

  private async changed(rooms: readonly TimedRoom[], { after, timelineHides }: StateMode) {
    const needsAll = ({ timeline }: TimedRoom) => after || timelineHides || timeline.events.length === 0;
    const [untilTimeline, untilNow] = await Promise.all([
      this.states.changes(rooms.filter(({ timeline }) => !after && timeline.limited).map(beforeTimeline)),
      this.states.changes(rooms.filter(needsAll).map(wholeWindow)),
    ]);
    const found = groupBy([...untilTimeline, ...untilNow], ({ roomId }) => roomId);
    return new Map(
      rooms.map(({ planned, timeline }) => {
        const own = found.get(planned.room.roomId) ?? [];
        return [planned.room.roomId, distinct(own, after ? [] : timeline.events)];
      }),
    );
  }
}

function momentOf({ planned, timeline }: TimedRoom, after: boolean): Moment {
  return { roomId: planned.room.roomId, pos: after ? planned.upTo : timeline.startsAt };
}

function beforeTimeline({ planned, timeline }: TimedRoom) {
  return { roomId: planned.room.roomId, after: planned.after, upTo: timeline.startsAt };
}

function wholeWindow({ planned }: TimedRoom) {
  return { roomId: planned.room.roomId, after: planned.after, upTo: planned.upTo };
}
