import type { Reader } from '../core/serve.js';
import type { Filter } from '../user/filters/filter.js';
import { letsAllThrough, matches, selectsRoom } from '../user/filters/match.js';

/** A sync as it is computed: everything looked up that the client only named. */
export interface SyncRequest {
  reader: Reader;
  filter: Filter;
  /** Position of the rooms log; null: an initial sync. */
  since: number | null;
  fullState: boolean;
  /** Key under which the state after the timeline is given; null: classic, before it. */
  stateAfterKey: string | null;
  /** Most timeline events per room. */
  timelineLimit: number;
}

const DEFAULT_TIMELINE_LIMIT = 10;

/** The client's limit within the server's. */
export function timelineLimitOf(filter: Filter, max: number): number {
  return Math.min(filter.room?.timeline?.limit ?? DEFAULT_TIMELINE_LIMIT, max);
}

/** What a filter lets through, in the three places of a room object. */
export class SyncFilter {
  constructor(private readonly filter: Filter) {}

  selects(roomId: string): boolean {
    return selectsRoom(this.filter.room, roomId);
  }

  timeline(record: {
    roomId: string;
    pdu: { type: string; sender: string; content: Record<string, unknown> };
  }): boolean {
    const { timeline } = this.filter.room ?? {};
    return selectsRoom(timeline, record.roomId) && matches(timeline, record.pdu);
  }

  state(record: { roomId: string; pdu: { type: string; sender: string; content: Record<string, unknown> } }): boolean {
    const { state } = this.filter.room ?? {};
    return selectsRoom(state, record.roomId) && matches(state, record.pdu);
  }

  /** The timeline may lack events, so that state events among them must be told as state. */
  get mayHideEvents(): boolean {
    const { timeline } = this.filter.room ?? {};
    return !letsAllThrough(timeline) || timeline?.rooms !== undefined || timeline?.not_rooms !== undefined;
  }

  get lazyMembers(): boolean {
    return this.filter.room?.state?.lazy_load_members ?? false;
  }

  get redundantMembers(): boolean {
    return this.filter.room?.state?.include_redundant_members ?? false;
  }

  get includeLeave(): boolean {
    return this.filter.room?.include_leave ?? false;
  }
}
