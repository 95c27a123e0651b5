import type { MatrixErrorBody } from '@ganglion/contracts';
import { LRUCache } from 'lru-cache';

/** How long a decision stands in for one that cannot be had (accounting.md §7.5). */
export const GOOD_FOR_MS = 60_000;

export type Decision = { allowed: true } | { allowed: false; body: MatrixErrorBody };

/** What accounting last said of each user; bounded. */
export class LastDecisions {
  private readonly decisions: LRUCache<string, { decision: Decision; atMs: number }>;

  constructor(max = 50_000) {
    this.decisions = new LRUCache({ max });
  }

  note(userId: string, decision: Decision, nowMs: number): void {
    this.decisions.set(userId, { decision, atMs: nowMs });
  }

  of(userId: string, nowMs: number): Decision | null {
    const known = this.decisions.get(userId);
    return known && nowMs - known.atMs < GOOD_FOR_MS ? known.decision : null;
  }
}
