/** A long poll with nothing to say yet. */
export interface Parked {
  userId: string;
  rooms: readonly string[];
  wake(): void;
}

/** Who waits for what: room → waiters, user → waiters. Costs memory only, whatever happens on the bus. */
export class ParkedSyncs {
  private readonly byRoom = new Map<string, Set<Parked>>();
  private readonly byUser = new Map<string, Set<Parked>>();
  private readonly all = new Set<Parked>();

  get size(): number {
    return this.all.size;
  }

  /** @returns call it when the poll goes on, ends or is cut off */
  add(parked: Parked): () => void {
    this.all.add(parked);
    join(this.byUser, parked.userId, parked);
    for (const room of parked.rooms) join(this.byRoom, room, parked);
    return () => {
      this.all.delete(parked);
      leave(this.byUser, parked.userId, parked);
      for (const room of parked.rooms) leave(this.byRoom, room, parked);
    };
  }

  wake(rooms: readonly string[], users: readonly string[]): void {
    const woken = new Set<Parked>();
    for (const room of rooms) for (const parked of this.byRoom.get(room) ?? []) woken.add(parked);
    for (const user of users) for (const parked of this.byUser.get(user) ?? []) woken.add(parked);
    for (const parked of woken) parked.wake();
  }

  wakeAll(): void {
    for (const parked of this.all) parked.wake();
  }
}

function join(index: Map<string, Set<Parked>>, key: string, parked: Parked): void {
  const there = index.get(key);
  if (there) there.add(parked);
  else index.set(key, new Set([parked]));
}

function leave(index: Map<string, Set<Parked>>, key: string, parked: Parked): void {
  const there = index.get(key);
  if (there?.delete(parked) && there.size === 0) index.delete(key);
}
