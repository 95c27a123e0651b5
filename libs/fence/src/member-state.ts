import type { LogPosition } from '@ganglion/contracts';
import type { FenceTimes } from './holder-state.js';

/**
 * Whether this process may answer authenticated requests. Pure bookkeeping; times are monotonic ms.
 * A lease counts from when its renewal was *sent*, so that it ends here before the writer thinks it has ended.
 */
export class MemberState {
  private serveUntilMs = -Infinity;
  private required: LogPosition | null = null;
  private renewalSentAtMs = -Infinity;
  private absentSinceMs: number | null = null;

  constructor(private readonly times: FenceTimes) {}

  /** The writer has answered. Answers that come late, after that to a later renewal, change nothing. */
  renewed(sentAtMs: number, head: LogPosition): void {
    if (sentAtMs < this.renewalSentAtMs) return;
    this.renewalSentAtMs = sentAtMs;
    this.serveUntilMs = sentAtMs + this.times.leaseMs;
    this.required = head;
    this.absentSinceMs = null;
  }

  /** NATS answered that nobody listens: the writer is restarting. Only a member that has a lease has a grace. */
  writerAbsent(sentAtMs: number, nowMs: number): void {
    if (sentAtMs < this.renewalSentAtMs || nowMs >= this.serveUntilMs) return;
    this.absentSinceMs ??= nowMs;
    this.serveUntilMs = Math.max(this.serveUntilMs, this.absentSinceMs + this.times.writerAbsentGraceMs);
  }

  /** No answer, or no connection: nobody could tell us of a revocation, so no grace, only what the lease still gives. */
  unanswered(): void {
    this.serveUntilMs = Math.min(this.serveUntilMs, this.renewalSentAtMs + this.times.leaseMs);
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
