import type { AccountingEvent } from '@ganglion/contracts';
import { Aggregates, EventLog } from '@ganglion/event-store';
import type { CommandMeta } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { LOGGER } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { COHORT_REDUCER, parse, serialise } from './cohort-snapshot.js';
import { cohortDecider, type Cohort } from './cohort.js';

/** There is one cohort, so there is one stream; its versions make admission atomic for the whole server. */
const THE_COHORT = 'cohort';

@Injectable()
export class CohortRepository extends Aggregates<Cohort, AccountingEvent> {
  constructor(log: EventLog, @Inject(LOGGER) logger: Logger) {
    super({
      log,
      decider: cohortDecider,
      streamOf: (id) => id,
      maxCached: 1,
      snapshots: {
        reducer: COHORT_REDUCER,
        serialise,
        parse,
        report: (error) => logger.warn({ err: error }, 'no use of a snapshot of the cohort; the log is read instead'),
      },
    });
  }

  async decide(decide: (cohort: Cohort) => AccountingEvent[], meta: CommandMeta): Promise<void> {
    await this.handle(THE_COHORT, decide, meta);
  }

  /**
   * The same for a decision that mostly decides nothing: then it does not wait for those under way. What they change is not
   * seen, as if this had been asked a moment earlier.
   */
  async decideIfAnything(decide: (cohort: Cohort) => AccountingEvent[], meta: CommandMeta): Promise<void> {
    const known = this.peek(THE_COHORT);
    if (known && decide(known).length === 0) return;
    await this.decide(decide, meta);
  }

  /** After every decision made before this call. */
  current(): Promise<Cohort> {
    return this.state(THE_COHORT);
  }

  /** As last committed, without waiting for decisions under way. */
  async committed(): Promise<Cohort> {
    return this.peek(THE_COHORT) ?? this.current();
  }
}
