import { systemTimers } from '@ganglion/event-store';
import type { Clock } from '@ganglion/kernel';
import { CLOCK } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { Appservices } from './appservices.service.js';
import { DispatchMetrics } from './dispatch.metrics.js';
import { LaneJournal } from './lane-journal.service.js';
import { resumed, type LaneState } from './lane-state.js';
import { LaneStore, type LaneKey } from './lane.store.js';
import { Lane } from './lane.worker.js';

/** Puts a lane together with everything it works with. */
@Injectable()
export class LaneFactory {
  constructor(
    private readonly appservices: Appservices,
    private readonly store: LaneStore,
    private readonly journal: LaneJournal,
    private readonly metrics: DispatchMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @param state  as it was when it was taken over */
  make(key: LaneKey, state: LaneState, onLost: () => void): Lane {
    const { asId } = key;
    const { appservices, store, metrics, clock, journal } = this;
    return new Lane({
      key,
      state: resumed(state, clock.nowMs(), appservices.retry),
      store,
      sender: appservices.sender(asId),
      announce: (id, now) => journal.announce(id, now),
      limits: appservices.limits,
      retry: appservices.retry,
      legacyEventFields: () => appservices.legacyEventFields(asId),
      chance: () => appservices.chance(),
      clock,
      timers: systemTimers,
      metrics,
      report: (error) => journal.stumbled(asId, error),
      onLost,
    });
  }
}
