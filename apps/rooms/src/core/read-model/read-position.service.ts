import type { LogPosition } from '@ganglion/contracts';
import { EventLog } from '@ganglion/event-store';
import { currentCall } from '@ganglion/messaging';
import { Followers } from '@ganglion/service';
import { Injectable } from '@nestjs/common';

/** Longest wait for the read model, ms. */
const PATIENCE_MS = 10_000;

/** Lets reads wait until the read model knows what was acknowledged before them. */
@Injectable()
export class ReadPosition {
  constructor(
    private readonly log: EventLog,
    private readonly followers: Followers,
  ) {}

  /**
   * Everything this process has committed, and what the caller says it has seen elsewhere.
   * @throws REPLICA_BEHIND (503)
   */
  upToDate(): Promise<void> {
    return this.reached(Math.max(this.log.head(), this.seenByCaller()));
  }

  /** What the caller says it has seen; positions of another history say nothing here. */
  seenByCaller(): number {
    const seen: LogPosition | undefined = currentCall()?.minPos;
    return seen?.logId === this.log.logId ? seen.pos : 0;
  }

  /** @throws REPLICA_BEHIND (503) when the read model does not get there in time */
  reached(pos: number): Promise<void> {
    const withinMs = Math.max(0, Math.min(PATIENCE_MS, currentCall()?.remainingMs() ?? PATIENCE_MS));
    return this.followers.reached(this.log.service, pos, withinMs);
  }
}
