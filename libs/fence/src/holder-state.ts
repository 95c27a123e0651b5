export interface FenceTimes {
  leaseMs: number;
  marginMs: number;
  /** How long members serve when NATS says that no writer exists. */
  writerAbsentGraceMs: number;
}

interface Member {
  /** Position of this log that it has applied; -1: none that counts. */
  applied: number;
  /** Monotonic ms; from then on it serves nothing that it was told up to now. */
  silentAtMs: number;
  /** Whether it may be on its grace: until it shows that an answer of this life of the writer has reached it. */
  suspected: boolean;
}

/** A position that is to be in force everywhere, and until when each member that has not applied it may still serve. */
export interface Barrier {
  pos: number;
  waitsFor: Map<string, number>;
}

/**
 * What the writer of a log knows of the members that serve from its replicas. Pure bookkeeping: the clock and the bus
 * are outside; times are monotonic ms.
 */
export class HolderState {
  private readonly members = new Map<string, Member>();
  private readonly barriers = new Set<Barrier>();

  constructor(private readonly times: FenceTimes) {}

  /**
   * The writer was away, in an earlier life or cut off from NATS. Members may have been told that nobody listens, and
   * serve on their grace: each is waited for as long as that can last, also by barriers that are open.
   */
  suspect(memberIds: Iterable<string>, nowMs: number): void {
    const silentAtMs = nowMs + this.longestMs();
    for (const id of memberIds) {
      const { applied = -1 } = this.members.get(id) ?? {};
      this.members.set(id, { applied, silentAtMs, suspected: true });
      for (const { waitsFor } of this.barriers) if (waitsFor.has(id)) waitsFor.set(id, silentAtMs);
    }
  }

  /**
   * A renewal was heard. That its answer arrives is not known: only `heardUs`, an answer of this life that had reached
   * the member before, proves that its grace is over.
   */
  renewed(id: string, applied: number, heardUs: boolean, nowMs: number): void {
    const before = this.members.get(id);
    const suspected = (before?.suspected ?? false) && !heardUs;
    const lease = nowMs + this.times.leaseMs + this.times.marginMs;
    const silentAtMs = suspected ? Math.max(before!.silentAtMs, lease) : lease;
    this.members.set(id, { applied, silentAtMs, suspected });
    this.reached(id, applied);
  }

  acknowledged(id: string, applied: number): void {
    const member = this.members.get(id);
    if (member) member.applied = Math.max(member.applied, applied);
    this.reached(id, applied);
  }

  /** It stopped in good order and serves nothing any more. */
  left(id: string): void {
    this.members.delete(id);
    for (const { waitsFor } of this.barriers) waitsFor.delete(id);
  }

  /**
   * Members so long unheard of that not even a grace can keep them serving. They are dropped here.
   * Sooner would be wrong: after a broken connection they must be suspected.
   */
  forget(nowMs: number): string[] {
    const { leaseMs, marginMs } = this.times;
    const gone = [...this.members].filter(
      ([, { silentAtMs }]) => silentAtMs - leaseMs - marginMs + this.longestMs() <= nowMs,
    );
    for (const [id] of gone) this.members.delete(id);
    return gone.map(([id]) => id);
  }

  /**
   * Begins to wait for `pos`, which must be committed. Whoever renews from now on is told a head beyond it and serves
   * nothing before it has applied it; so what counts is until when a member may serve on what it was told before.
   */
  open(pos: number): Barrier {
    const behind = [...this.members].filter(([, { applied }]) => applied < pos);
    const barrier = { pos, waitsFor: new Map(behind.map(([id, { silentAtMs }]) => [id, silentAtMs])) };
    this.barriers.add(barrier);
    return barrier;
  }

  /** Ends the barriers that nobody can be behind any more. @returns those that ended */
  settle(nowMs: number): Barrier[] {
    for (const { waitsFor } of this.barriers) {
      for (const [id, silentAtMs] of waitsFor) if (silentAtMs <= nowMs) waitsFor.delete(id);
    }
    const settled = [...this.barriers].filter(({ waitsFor }) => waitsFor.size === 0);
    for (const barrier of settled) this.barriers.delete(barrier);
    return settled;
  }

  /** Highest position somebody waits for; null: nobody waits. */
  awaited(): number | null {
    return this.barriers.size === 0 ? null : Math.max(...[...this.barriers].map(({ pos }) => pos));
  }

  ids(): string[] {
    return [...this.members.keys()];
  }

  private reached(id: string, applied: number): void {
    for (const { pos, waitsFor } of this.barriers) if (applied >= pos) waitsFor.delete(id);
  }

  private longestMs(): number {
    return this.times.leaseMs + this.times.marginMs + this.times.writerAbsentGraceMs;
  }
}
