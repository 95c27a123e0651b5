import type { EventRecord } from '../core/read-model/event-record.js';
import type { Timeline } from './timeline.js';

/** What a joined or left room says in one answer, before it is written out. */
export interface RoomEntry {
  timeline: Timeline;
  /** What the client lacks of the state: before the timeline, or after it with `use_state_after`. */
  state: EventRecord[];
  /** Null: as before. */
  summary: Summary | null;
}

export interface Summary {
  joinedMembers: number;
  invitedMembers: number;
  /** Null: the room has a name of its own. */
  heroes: string[] | null;
}

/** Nothing to say: the room is left out of the answer. */
export function isEmptyEntry({ timeline, state, summary }: RoomEntry): boolean {
  return timeline.events.length === 0 && !timeline.limited && state.length === 0 && summary === null;
}

const NAMING = new Set(['m.room.member', 'm.room.name', 'm.room.canonical_alias']);

/** Whether one of these events may change the number of members or what the room is called after. */
export function changesSummary(events: Iterable<EventRecord>): boolean {
  for (const { pdu } of events) if (pdu.state_key !== undefined && NAMING.has(pdu.type)) return true;
  return false;
}

export function summaryBody({ joinedMembers, invitedMembers, heroes }: Summary): Record<string, unknown> {
  return {
    'm.joined_member_count': joinedMembers,
    'm.invited_member_count': invitedMembers,
    ...(heroes && heroes.length > 0 ? { 'm.heroes': heroes } : {}),
  };
}

/** Each event once, without those that stand in `without`. */
export function distinct(events: Iterable<EventRecord>, without: Iterable<EventRecord> = []): EventRecord[] {
  const seen = new Set([...without].map(({ eventId }) => eventId));
  const kept: EventRecord[] = [];
  for (const event of events) {
    if (seen.has(event.eventId)) continue;
    seen.add(event.eventId);
    kept.push(event);
  }
  return kept;
}
