/** The only way to learn the time. Rules that depend on time take one, so that tests move it. */
export interface Clock {
  /** Wall clock, ms since the Unix epoch. */
  nowMs(): number;
  /** Never goes backwards; ms from an arbitrary start. For leases and deadlines. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A clock that stands still until `advance` is called. */
export class FixedClock implements Clock {
  private elapsedMs = 0;
  constructor(private readonly startMs = 1_700_000_000_000) {}
  nowMs(): number {
    return this.startMs + this.elapsedMs;
  }
  monotonicMs(): number {
    return this.elapsedMs;
  }
  /** @param byMs  may be negative: wall clocks jump */
  advance(byMs: number): void {
    this.elapsedMs += byMs;
  }
}
