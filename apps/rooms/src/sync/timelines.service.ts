import { Injectable } from '@nestjs/common';
import type { Sight } from '../core/access/sight.js';
import { groupBy } from '../core/group-by.js';
import type { EventRecord } from '../core/read-model/event-record.js';
import { Events } from '../core/read-model/events.queries.js';
import { TimelineWalk, type Timeline, type Window } from './timeline.js';

/** Rounds of reading for rooms whose filter or visibility leaves little. */
const MAX_ROUNDS = 5;

/** The timelines of any number of rooms, in a few queries for all of them together. */
@Injectable()
export class Timelines {
  constructor(private readonly events: Events) {}

  /**
   * @param limit  most events per room
   * @param allowed  by the reader's filter
   * @param sights  of rooms where the reader may not see everything
   * @returns by room id
   */
  async of(
    windows: readonly Window[],
    limit: number,
    allowed: (record: EventRecord) => boolean,
    sights: ReadonlyMap<string, Sight>,
  ): Promise<Map<string, Timeline>> {
    const shown = (record: EventRecord) => (sights.get(record.roomId)?.sees(record) ?? true) && allowed(record);
    const walks = windows.map((window) => new TimelineWalk(window, limit, shown));
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const open = walks.filter((walk) => !walk.done);
      if (open.length === 0) break;
      const batch = groupBy(await this.events.newest(open.map((walk) => walk.next())), ({ roomId }) => roomId);
      for (const walk of open) walk.take(batch.get(walk.window.roomId) ?? []);
    }
    return new Map(walks.map((walk) => [walk.window.roomId, walk.result()]));
  }
}
