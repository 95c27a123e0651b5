interface Wake {
  pos: number;
  /** Null: everybody. */
  rooms: ReadonlySet<string> | null;
  users: ReadonlySet<string>;
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * The last wakes, because one may arrive while the answer that it is about is still being computed: whoever is about to
 * park looks here first. What is no longer remembered counts as concerning everybody.
 */
export class RecentWakes {
  private readonly wakes: Wake[] = [];
  /** Wakes up to here have been forgotten. */
  private forgottenPos = 0;

  constructor(private readonly max = 1_024) {}

  add(pos: number, rooms: readonly string[], users: readonly string[]): void {
    this.push({ pos, rooms: new Set(rooms), users: new Set(users) });
  }

  addForAll(pos: number): void {
    this.push({ pos, rooms: null, users: NOBODY });
  }

  clear(): void {
    this.wakes.length = 0;
    this.forgottenPos = 0;
  }

  /** Has anything been committed after `sincePos` that this user may be waiting for? */
  concern(userId: string, rooms: readonly string[], sincePos: number): boolean {
    if (this.forgottenPos > sincePos) return true;
    for (let i = this.wakes.length - 1; i >= 0; i--) {
      const wake = this.wakes[i]!;
      if (wake.pos <= sincePos) continue;
      if (wake.rooms === null || wake.users.has(userId)) return true;
      const theirs = wake.rooms;
      if (rooms.some((room) => theirs.has(room))) return true;
    }
    return false;
  }

  private push(wake: Wake): void {
    this.wakes.push(wake);
    if (this.wakes.length > this.max) this.forgottenPos = Math.max(this.forgottenPos, this.wakes.shift()!.pos);
  }
}
