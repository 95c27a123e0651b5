import type { Sighting } from '@ganglion/contracts';
import { LRUCache } from 'lru-cache';

/** Accounting.md §3: what was seen within this time is not told again. */
export const WINDOW_MS = 120_000;

/** Remembers who was seen when, by user, token and address. Bounded: forgetting one costs one more message. */
export class SightingWindow {
  private readonly seenAtMs: LRUCache<string, number>;

  constructor(max = 100_000) {
    this.seenAtMs = new LRUCache({ max });
  }

  /** Notes the sighting. @returns whether accounting should hear of it */
  isFresh(sighting: Sighting): boolean {
    const key = keyOf(sighting);
    const { tsMs } = sighting;
    const before = this.seenAtMs.get(key);
    // A clock that was set back must not silence anybody for longer.
    if (before !== undefined && Math.abs(tsMs - before) < WINDOW_MS) return false;
    this.seenAtMs.set(key, tsMs);
    return true;
  }

  /** Accounting may not have heard of it after all. */
  forget(sighting: Sighting): void {
    this.seenAtMs.delete(keyOf(sighting));
  }
}

function keyOf({ userId, tokenRef, ip }: Sighting): string {
  return `${userId} ${ip} ${tokenRef}`;
}
