/** Numbers the store gives away; every part is optional. */
export interface EventStoreMetrics {
  /** One `append` answered: from acceptance to commit. */
  appended?(latencyMs: number, events: number): void;
  /** One `append` begins to be written: how long it waited for its turn. */
  waited?(waitMs: number): void;
  /** One call to the database: how many events it carried. */
  batch?(events: number): void;
  /** Events accepted and not yet committed, after a change. */
  queueDepth?(events: number): void;
  /** Events committed and not yet handed over by a reader (`relay.<log>.frames`, `<service>.<reader>`). */
  lag?(reader: string, events: number): void;
}
