export interface FenceTimes {
  leaseMs: number;
  marginMs: number;
  /** How long members serve when NATS says that no writer exists. */
  writerAbsentGraceMs: number;
}

interface Member {
  applied: number;
  /** Monotonic ms; from then on the member is known to have stopped serving. */
  silentUntilMs: number;
}

/**
 * What the writer of a log knows of the members that serve from its replicas. Pure bookkeeping: the clock and the bus
 * are outside. A position is in force everywhere when no member remains that may serve without having applied it.
 */
export class HolderState {
  private readonly members = new Map<string, Member>();

  constructor(private readonly times: FenceTimes) {}

  /**
   * Members of an earlier life of this writer, or of before a broken connection: they may be serving on their grace,
   * so each is waited for until it renews, or until the longest time it may go on has passed.
   */
  suspect(memberIds: Iterable<string>, nowMs: number): void {
    const { leaseMs, marginMs, writerAbsentGraceMs } = this.times;
    for (const id of memberIds) {
      this.members.set(id, { applied: -1, silentUntilMs: nowMs + leaseMs + marginMs + writerAbsentGraceMs });
    }
  }

  /** @returns true when the member was not known before */
  renewed(id: string, applied: number, nowMs: number): boolean {
    const isNew = !this.members.has(id);
    this.members.set(id, { applied, silentUntilMs: nowMs + this.times.leaseMs + this.times.marginMs });
    return isNew;
  }

  acknowledged(id: string, applied: number): void {
    const member = this.members.get(id);
    if (member) member.applied = Math.max(member.applied, applied);
  }

  /** It stopped in good order and serves nothing any more. */
  left(id: string): void {
    this.members.delete(id);
  }

  /** @returns members that are silent past their time; they are forgotten */
  expire(nowMs: number): string[] {
    const gone = [...this.members].filter(([, member]) => member.silentUntilMs <= nowMs).map(([id]) => id);
    for (const id of gone) this.members.delete(id);
    return gone;
  }

  /** Members that may still serve without having applied `pos`. Empty: it is in force everywhere. */
  behind(pos: number, nowMs: number): string[] {
    return [...this.members]
      .filter(([, member]) => member.applied < pos && member.silentUntilMs > nowMs)
      .map(([id]) => id);
  }

  ids(): string[] {
    return [...this.members.keys()];
  }
}
