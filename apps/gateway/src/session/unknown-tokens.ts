import { LRUCache } from 'lru-cache';

/** Hashes of tokens that are none: auth said so, or a revocation did. Bounded; forgetting one costs one more question. */
export class UnknownTokens {
  private readonly hashes: LRUCache<string, true>;

  constructor(max = 100_000) {
    this.hashes = new LRUCache({ max });
  }

  add(tokenHash: string): void {
    this.hashes.set(tokenHash, true);
  }

  has(tokenHash: string): boolean {
    return this.hashes.has(tokenHash);
  }
}
