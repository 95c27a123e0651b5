import type { Clock } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { CLOCK, Leadership, LOGGER, type LeaderWork } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { LaneStore } from './dispatch/lane.store.js';

const EVERY_MS = 3_600_000;
/** How long operators can look up which events an acknowledged transaction held. */
const KEEP_ACKNOWLEDGED_MS = 7 * 86_400_000;

/** Forgets transactions that were acknowledged a week ago. The leader's work, each hour; a run that fails is made up for by the next. */
@Injectable()
export class Housekeeping implements LeaderWork {
  readonly name = 'housekeeping';
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly lanes: LaneStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    leadership: Leadership,
  ) {
    leadership.during(this);
  }

  start(): void {
    this.timer = setInterval(() => this.run(), EVERY_MS);
    this.run();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private run(): void {
    this.running = this.lanes
      .forgetAcknowledged(this.clock.nowMs() - KEEP_ACKNOWLEDGED_MS)
      .catch((error: unknown) =>
        this.logger.warn({ err: error }, 'old transactions were not forgotten; the next run will'),
      );
  }
}
