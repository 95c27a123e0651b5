/** Why an appservice is interested in a room: aliases of the room and joined local members that are in its namespaces. */
export interface Counters {
  aliases: number;
  members: number;
}

/** One room of the index: how many of its aliases and joined local members belong to each appservice. */
export class RoomInterest {
  private readonly counters: Map<string, Counters>;
  /** Appservices whose counters differ from what the database holds. */
  private readonly dirty = new Set<string>();

  constructor(counters: Iterable<[string, Counters]> = []) {
    this.counters = new Map(counters);
  }

  interested(): Iterable<string> {
    return this.counters.keys();
  }

  add(kind: keyof Counters, asIds: readonly string[]): void {
    this.change(kind, asIds, 1);
  }

  remove(kind: keyof Counters, asIds: readonly string[]): void {
    this.change(kind, asIds, -1);
  }

  /** What must be written since the last call; null: the row goes. */
  takeChanges(): [string, Counters | null][] {
    const changes = [...this.dirty].map((asId): [string, Counters | null] => {
      const counters = this.counters.get(asId);
      return [asId, counters ? { ...counters } : null];
    });
    this.dirty.clear();
    return changes;
  }

  private change(kind: keyof Counters, asIds: readonly string[], by: 1 | -1): void {
    for (const asId of asIds) {
      const counters = this.counters.get(asId) ?? { aliases: 0, members: 0 };
      counters[kind] += by;
      if (counters[kind] < 0) throw new Error(`the interest index counts fewer than no ${kind} of ${asId} in a room`);
      if (counters.aliases === 0 && counters.members === 0) this.counters.delete(asId);
      else this.counters.set(asId, counters);
      this.dirty.add(asId);
    }
  }
}
