import type { LogPosition } from '@ganglion/contracts';
import type { FenceTimes } from './holder-state.js';

/**
 * Whether this process may answer authenticated requests. Pure bookkeeping; times are monotonic ms.
 * A lease counts from when its renewal was *sent*, so that it ends here before the writer thinks it has ended.
 */
export class MemberState {
  private serveUntilMs = -Infinity;
  private required: LogPosition | null = null;
  private absentSinceMs: number | null = null;

  constructor(private readonly times: FenceTimes) {}

  renewed(sentAtMs: number, head: LogPosition): void {
    this.serveUntilMs = sentAtMs + this.times.leaseMs;
    this.required = head;
    this.absentSinceMs = null;
  }

  /** NATS answered that nobody listens: the writer is restarting. Only a member that had a lease has a grace. */
  writerAbsent(nowMs: number): void {
    if (this.required === null || nowMs >= this.serveUntilMs) return;
    this.absentSinceMs ??= nowMs;
    this.serveUntilMs = Math.max(this.serveUntilMs, this.absentSinceMs + this.times.writerAbsentGraceMs);
  }

  /** Cut off from NATS: nobody could tell us of a revocation, so no grace. */
  disconnected(lastRenewalSentAtMs: number): void {
    this.serveUntilMs = Math.min(this.serveUntilMs, lastRenewalSentAtMs + this.times.leaseMs);
    this.absentSinceMs = null;
  }

  leaseHolds(nowMs: number): boolean {
    return nowMs < this.serveUntilMs;
  }

  /** The replica has reached what the writer had decided when it last renewed. */
  caughtUp(applied: LogPosition): boolean {
    return this.required !== null && applied.logId === this.required.logId && applied.pos >= this.required.pos;
  }
}
