import type { Membership } from '@ganglion/contracts';

/** A member event of the reader's own. */
export interface OwnChange {
  pos: number;
  membership: Membership;
}

/** In which section of the answer a room stands, and how. `joined` goes on from the token; `newly-joined` is told whole. */
export type Section = 'joined' | 'newly-joined' | 'invite' | 'knock' | 'leave' | null;

const HAD_PART = new Set<Membership>(['join', 'invite', 'knock']);

/**
 * Client-api.md §4.5.
 * @param changes  the reader's memberships: what held at `since`, then every change up to now, ascending; not empty
 * @param since  null: an initial sync
 * @param includeLeave  an initial sync wants rooms that were left, too
 */
export function sectionOf(changes: readonly OwnChange[], since: number | null, includeLeave: boolean): Section {
  const now = changes.at(-1)!;
  if (since === null) return initialSection(now, includeLeave);
  const before = changes.filter(({ pos }) => pos <= since).at(-1)?.membership;
  const within = changes.filter(({ pos }) => pos > since);
  switch (now.membership) {
    case 'join':
      return before === 'join' && within.every(({ membership }) => membership === 'join') ? 'joined' : 'newly-joined';
    case 'invite':
    case 'knock':
      return within.length > 0 ? now.membership : null;
    default:
      return departed(before, within) ? 'leave' : null;
  }
}

function initialSection({ membership }: OwnChange, includeLeave: boolean): Section {
  if (membership === 'join') return 'newly-joined';
  if (membership === 'invite' || membership === 'knock') return membership;
  return includeLeave ? 'leave' : null;
}

/** The reader had a part in the room at the token or after it, and has none now. */
function departed(before: Membership | undefined, within: readonly OwnChange[]): boolean {
  if (within.length === 0) return false;
  return (before !== undefined && HAD_PART.has(before)) || within.some(({ membership }) => HAD_PART.has(membership));
}
