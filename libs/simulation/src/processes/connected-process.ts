import type { DatabaseRoute } from '../database/connections.js';
import type { SimBus } from '../network/sim-bus.js';
import type { Life } from '../time/life.js';
import type { Process } from './site.js';

/** What faults can do to a process from outside: cut it off from NATS or from its database, and mend that. */
export abstract class ConnectedProcess implements Process {
  protected constructor(
    readonly life: Life,
    protected readonly bus: SimBus,
    /** Null: it has no database. */
    protected readonly route: DatabaseRoute | null,
  ) {}

  sever(what: 'nats' | 'database'): void {
    if (what === 'nats') this.bus.sever();
    else this.route?.sever();
  }

  mend(): void {
    this.bus.mend();
    this.route?.mend();
  }

  breakNats(): void {
    this.bus.break();
  }

  abstract stop(): Promise<void>;
}
