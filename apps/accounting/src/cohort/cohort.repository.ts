import type { AccountingEvent } from '@ganglion/contracts';
import { Aggregates, EventLog } from '@ganglion/event-store';
import type { CommandMeta } from '@ganglion/kernel';
import { Injectable } from '@nestjs/common';
import { cohortDecider, type Cohort } from './cohort.js';

/** There is one cohort, so there is one stream; its versions make admission atomic for the whole server. */
const THE_COHORT = 'cohort';

@Injectable()
export class CohortRepository extends Aggregates<Cohort, AccountingEvent> {
  constructor(log: EventLog) {
    super({ log, decider: cohortDecider, streamOf: (id) => id, maxCached: 1 });
  }

  async decide(decide: (cohort: Cohort) => AccountingEvent[], meta: CommandMeta): Promise<void> {
    await this.handle(THE_COHORT, decide, meta);
  }

  /** After every decision made before this call. */
  current(): Promise<Cohort> {
    return this.state(THE_COHORT);
  }
}
