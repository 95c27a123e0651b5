import type { Refusal } from '@ganglion/kernel';

/** A request that is under way for somebody. */
export interface LiveRequest {
  /** Everybody whose loss of rights could end it: the effective user and the owner of the token. */
  userIds: readonly string[];
  tokenHash: string;
  /** What a new call with the same token would be refused with now. */
  refusal(): Refusal | null;
  cut(refusal: Refusal): void;
}

/** Parked and in-flight requests by principal, so that a revocation ends them before it is acknowledged. */
export class LiveRequests {
  private readonly byKey = new Map<string, Set<LiveRequest>>();
  private cuts = 0;

  /** @returns call it when the request has been answered */
  add(request: LiveRequest): () => void {
    const keys = keysOf(request);
    for (const key of keys) {
      const there = this.byKey.get(key);
      if (there) there.add(request);
      else this.byKey.set(key, new Set([request]));
    }
    return () => keys.forEach((key) => this.remove(key, request));
  }

  /** Something about this user or token changed: whoever may not go on is cut off, the others are not touched. */
  recheck(principal: { tokenHash: string } | { userId: string }): void {
    const key = 'userId' in principal ? principal.userId : principal.tokenHash;
    for (const request of this.byKey.get(key) ?? []) {
      const refusal = request.refusal();
      if (!refusal) continue;
      this.cuts++;
      request.cut(refusal);
    }
  }

  get size(): number {
    return new Set([...this.byKey.values()].flatMap((requests) => [...requests])).size;
  }

  /** Requests cut off so far. */
  get cutTotal(): number {
    return this.cuts;
  }

  private remove(key: string, request: LiveRequest): void {
    const there = this.byKey.get(key);
    if (!there?.delete(request) || there.size > 0) return;
    this.byKey.delete(key);
  }
}

function keysOf({ userIds, tokenHash }: LiveRequest): string[] {
  return [...new Set([...userIds, tokenHash])];
}
