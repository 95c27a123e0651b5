import type { Owners } from '@ganglion/event-store';
import { VSHARDS } from '@ganglion/kernel';

/**
 * Beside the virtual shards there is one more thing to own of a log: being its leader, who does what only one process may or
 * need do. Nothing is ever written for it; it is the same lease by other means.
 */
export const LEADER = VSHARDS;

/**
 * `spread`: the processes of the service share the virtual shards. `leader`: the leader has them all, because what the
 * service decides mostly concerns one thing; the others answer questions and stand by to take over.
 */
export type Sharding = 'spread' | 'leader';

export interface Plan {
  claim: number[];
  release: number[];
}

/** What a process should do about the virtual shards it sees. Pure; two that plan at the same time claim what they can get. */
export function planShards(me: string, sharding: Sharding, { kept, taken, candidates }: Owners): Plan {
  const [owned, others] = [new Set(kept), new Set(taken)];
  const mine = kept.filter((vshard) => vshard !== LEADER);
  const free = everyShard().filter((vshard) => !owned.has(vshard) && !others.has(vshard));
  const leads = owned.has(LEADER) || !others.has(LEADER);
  const due = sharding === 'spread' ? shareOf(me, candidates) : leads ? VSHARDS : 0;
  return {
    claim: [
      ...(owned.has(LEADER) || others.has(LEADER) ? [] : [LEADER]),
      ...free.slice(0, Math.max(0, due - mine.length)),
    ],
    release: mine.slice(due),
  };
}

/** Virtual shards that nobody has, us and the leader's place among them. */
export function ownerless({ kept, taken }: Pick<Owners, 'kept' | 'taken'>): number {
  return VSHARDS + 1 - kept.length - taken.length;
}

/** Shares differ by one at most; the first in the list have the larger ones. */
function shareOf(me: string, candidates: readonly string[]): number {
  const count = Math.max(1, candidates.length);
  return Math.floor(VSHARDS / count) + (candidates.indexOf(me) < VSHARDS % count ? 1 : 0);
}

function everyShard(): number[] {
  return Array.from({ length: VSHARDS }, (_, vshard) => vshard);
}
