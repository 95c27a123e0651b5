import type { Membership } from '@ganglion/contracts';
import { refuse } from '../refusals.js';

/** What is known of a reader and a room. */
export interface Standing {
  membership: Membership | null;
  /** Position of the event that ended the last time the reader was joined; null: joined now, or never. */
  departedAt: number | null;
  wasJoined: boolean;
  worldReadable: boolean;
}

/** How much of a room somebody may read: as it is now, or as it was when they left. */
export type Access = { kind: 'now' } | { kind: 'until'; pos: number };

/**
 * Joined: the room as it is. Left or banned: as it was then. Everybody else, and for them: only what the world may read
 * (client-api.md §3.12).
 * @param standing  null: there is no such room
 * @throws NOT_A_MEMBER (403), also for a room that does not exist
 */
export function accessOf(standing: Standing | null): Access {
  if (!standing) throw refuse('NOT_A_MEMBER');
  if (standing.membership === 'join' || standing.worldReadable) return { kind: 'now' };
  const hasLeft = standing.membership === 'leave' || standing.membership === 'ban';
  if (!hasLeft || !standing.wasJoined || standing.departedAt === null) throw refuse('NOT_A_MEMBER');
  return { kind: 'until', pos: standing.departedAt };
}
