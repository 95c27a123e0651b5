import { tok } from '@ganglion/contracts';
import { Aggregates, EventLog } from '@ganglion/event-store';
import type { Logger } from '@ganglion/observability';
import { Commands, LOGGER } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { goDown, laneHealthDecider, recover, type LaneHealth, type LaneHealthEvent } from './lane-health.js';
import type { LaneState } from './lane-state.js';

/** Tells of the lanes: the log, so that others can follow, and the operators. */
@Injectable()
export class LaneJournal {
  private readonly aggregates: Aggregates<LaneHealth, LaneHealthEvent>;

  constructor(
    log: EventLog,
    private readonly commands: Commands,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.aggregates = new Aggregates({ log, decider: laneHealthDecider, streamOf: (asId) => `lane-${tok(asId)}` });
  }

  /** Writes to the log when a lane went down or has caught up; says nothing twice. */
  async announce(asId: string, { status, lastError }: LaneState): Promise<void> {
    const isDown = status === 'down';
    const decide = (health: LaneHealth) =>
      isDown ? goDown(health, asId, lastError?.class ?? 'internal') : recover(health, asId);
    const { events } = await this.aggregates.handle(asId, decide, this.commands.meta('system'));
    if (events.length === 0) return;
    if (isDown) this.logger.warn({ appservice: asId, ...lastError }, 'an appservice takes no transactions; retrying');
    else this.logger.info({ appservice: asId }, 'an appservice has caught up');
  }

  stumbled(asId: string, error: unknown): void {
    this.logger.error({ err: error, appservice: asId }, 'a lane stumbled; it will try again');
  }

  lost(asId: string): void {
    this.logger.info({ appservice: asId }, 'another instance has taken the lane over');
  }

  /** @param error  why it is not known which lanes have something new */
  unsure(error: unknown): void {
    this.logger.warn({ err: error }, 'which lanes have something new is not known; all of them look');
  }
}
