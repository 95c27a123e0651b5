import type { OwnRoom } from './own-rooms.queries.js';
import { sectionOf, type OwnChange, type Section } from './section.js';

/** A room of the answer that shows its history. */
export interface PlannedRoom {
  room: OwnRoom;
  section: 'join' | 'leave';
  /** Told from the beginning, not from the token. */
  whole: boolean;
  /** All its state, although the timeline goes on from the token. */
  fullState: boolean;
  /** The timeline is marked as having a gap whatever it holds, because the client knows nothing of the room. */
  gap: boolean;
  /** Positions in (after, upTo]. */
  after: number;
  upTo: number;
  /** The reader was joined within what is told; if not, nothing of the room's state is theirs. */
  wasJoined: boolean;
}

export interface SyncPlan {
  shown: PlannedRoom[];
  invites: OwnRoom[];
  knocks: OwnRoom[];
}

export interface PlanInput {
  /** Null: an initial sync. */
  since: number | null;
  now: number;
  fullState: boolean;
  includeLeave: boolean;
  rooms: readonly OwnRoom[];
  /** The reader's membership changes of rooms where there are any after the token; all of them in an initial sync. */
  changes: ReadonlyMap<string, readonly OwnChange[]>;
}

/** Which rooms an answer tells of, in which section, and what stretch of their history. */
export function planSync(input: PlanInput): SyncPlan {
  const plan: SyncPlan = { shown: [], invites: [], knocks: [] };
  for (const room of input.rooms) {
    const changes = input.changes.get(room.roomId)?.filter(({ pos }) => pos <= input.now) ?? [];
    const section = sectionIn(room, changes, input);
    if (section === 'invite') plan.invites.push(room);
    else if (section === 'knock') plan.knocks.push(room);
    else if (section) plan.shown.push(shown(room, section, changes, input));
  }
  return plan;
}

function sectionIn(
  room: OwnRoom,
  changes: readonly OwnChange[],
  { since, fullState, includeLeave }: PlanInput,
): Section {
  if (changes.length > 0) return sectionOf(changes, since, includeLeave);
  // Joined before the token and ever since.
  return room.membership === 'join' && (fullState || room.lastPos > (since ?? 0)) ? 'joined' : null;
}

function shown(
  room: OwnRoom,
  section: 'joined' | 'newly-joined' | 'leave',
  changes: readonly OwnChange[],
  { since, now, fullState }: PlanInput,
): PlannedRoom {
  const whole = section === 'newly-joined' || since === null;
  return {
    room,
    section: section === 'leave' ? 'leave' : 'join',
    whole,
    fullState: whole || (fullState && section !== 'leave'),
    gap: section === 'newly-joined' && since !== null,
    after: whole ? 0 : since,
    upTo: section === 'leave' ? room.memberPos : now,
    wasJoined: section !== 'leave' || changes.some(({ membership }) => membership === 'join'),
  };
}
