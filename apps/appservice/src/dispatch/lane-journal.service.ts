import { tok } from '@ganglion/contracts';
import { Aggregates, EventLog } from '@ganglion/event-store';
import { Commands } from '@ganglion/service';
import { Injectable } from '@nestjs/common';
import { goDown, laneHealthDecider, recover, type LaneHealth, type LaneHealthEvent } from './lane-health.js';
import type { LaneState } from './lane-state.js';

/** Writes to the log when a lane goes down and when it has caught up; says nothing twice. */
@Injectable()
export class LaneJournal {
  private readonly aggregates: Aggregates<LaneHealth, LaneHealthEvent>;

  constructor(
    log: EventLog,
    private readonly commands: Commands,
  ) {
    this.aggregates = new Aggregates({ log, decider: laneHealthDecider, streamOf: (asId) => `lane-${tok(asId)}` });
  }

  async announce(asId: string, { status, lastError }: LaneState): Promise<void> {
    const isDown = status === 'down';
    const decide = (health: LaneHealth) =>
      isDown ? goDown(health, asId, lastError?.class ?? 'internal') : recover(health, asId);
    await this.aggregates.handle(asId, decide, this.commands.meta('system'));
  }
}
