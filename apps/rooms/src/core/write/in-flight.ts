import type { LogPosition } from '@ganglion/contracts';

/** Writes under way. A revocation may be acknowledged only when those that were judged without it have ended. */
export class InFlight {
  private readonly running = new Set<Promise<unknown>>();

  /** Runs `work` as one of them. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const result = work();
    const ended = result.then(nothing, nothing);
    this.running.add(ended);
    try {
      return await result;
    } finally {
      this.running.delete(ended);
    }
  }

  /** Resolves when everything that is under way now has ended; what starts later does not matter. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  get size(): number {
    return this.running.size;
  }
}

interface Replica {
  applied(): LogPosition;
  onApplied(listener: () => void): void;
}

/**
 * How far a replica is *in force*: what it has applied, once no write is under way that was judged before. This is what a
 * member of the fence acknowledges, so that after a revocation has been answered nothing older can still be appended.
 */
export class InForce implements Replica {
  private position: LogPosition = { logId: '', pos: 0 };
  private readonly listeners = new Set<() => void>();
  private waiting: Promise<void> = Promise.resolve();

  constructor(
    private readonly replica: Replica,
    private readonly inFlight: InFlight,
  ) {
    replica.onApplied(() => this.follow());
  }

  /** With nothing under way it is the replica's own position, also right after a snapshot, which nobody is told of. */
  applied(): LogPosition {
    if (this.inFlight.size === 0) this.position = this.replica.applied();
    return this.position;
  }

  onApplied(listener: () => void): void {
    this.listeners.add(listener);
  }

  private follow(): void {
    const reached = this.replica.applied();
    if (this.inFlight.size === 0) return this.advance(reached);
    const settled = this.inFlight.settled();
    // One after the other: a later position never overtakes an earlier one.
    this.waiting = this.waiting.then(() => settled).then(() => this.advance(reached));
  }

  private advance(position: LogPosition): void {
    const behind = position.logId === this.position.logId && position.pos < this.position.pos;
    if (!behind) this.position = position;
    for (const listener of this.listeners) listener();
  }
}

function nothing(): void {}
