import type { KeyObject } from 'node:crypto';
import type { Clock } from '@ganglion/kernel';
import { LRUCache } from 'lru-cache';

interface Entry {
  key: KeyObject;
  /** Monotonic: when the question was asked that the database answered with it. */
  askedAtMs: number;
}

/** Keys that readers opened lately, so that a page of events does not ask for each of them again. */
export class KeyCache {
  private readonly entries: LRUCache<string, Entry>;
  /** Grows with every `forget`: what was asked before may have been destroyed meanwhile. */
  private forgets = 0;

  constructor(private readonly options: { clock: Clock; ttlMs: number; max: number }) {
    this.entries = new LRUCache({ max: options.max });
  }

  get(keyId: string): KeyObject | undefined {
    const entry = this.entries.get(keyId);
    if (!entry) return undefined;
    if (this.options.clock.monotonicMs() - entry.askedAtMs < this.options.ttlMs) return entry.key;
    this.entries.delete(keyId);
    return undefined;
  }

  /** Call before asking the database. @returns takes what it answered */
  asking(): (keys: ReadonlyMap<string, KeyObject>) => void {
    const { forgets } = this;
    const askedAtMs = this.options.clock.monotonicMs();
    return (keys) => {
      if (forgets !== this.forgets) return;
      for (const [keyId, key] of keys) this.entries.set(keyId, { key, askedAtMs });
    };
  }

  forget(keyIds: readonly string[]): void {
    this.forgets++;
    for (const keyId of keyIds) this.entries.delete(keyId);
  }
}
