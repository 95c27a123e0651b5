import { resetLogIdentity, type Queryable } from '@ganglion/event-store';
import type { DatabaseServer } from '../database/database-server.js';
import type { Tables } from '../database/tables.js';
import { CALM, type NatsServer } from '../network/nats-server.js';
import { LOG } from '../processes/site.js';
import { hash, type Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import type { Audit } from './audit.js';
import type { Fault, FaultKind } from './faults.js';
import type { Slot } from './slots.js';

const UNRELIABLE = { lose: 0.15, double: 0.15, delay: 0.2, delayMs: 1_500 };
const SLOW_MS = 3_600;
const LOSSY = 0.04;

export interface TroubleOptions {
  scheduler: Scheduler;
  random: Random;
  nats: NatsServer;
  database: DatabaseServer;
  readerDatabase: DatabaseServer;
  slots: readonly Slot[];
  audit: Audit;
  /** A restore is made as the operator is told to: the service is stopped before. Otherwise now and then only its connections break. */
  restoresInOrder: boolean;
  /** A process goes on that was frozen. */
  thawed: () => void;
  /** A restore has taken back what the backup did not hold. */
  undone: () => void;
}

/** Does to a world what its faults say, and undoes it when their time is over or the world is healed. */
export class Trouble {
  restores = 0;
  readonly counts = new Map<FaultKind, number>();
  private over = false;
  private backup: Tables | null = null;
  private readerBackup: Tables | null = null;

  constructor(private readonly options: TroubleOptions) {}

  strike(fault: Fault): void {
    this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1);
    this.deeds[fault.kind](fault);
  }

  /** Everything works from now on. */
  heal(): void {
    const { nats, database, readerDatabase, slots } = this.options;
    this.over = true;
    nats.chaos = CALM;
    nats.split = null;
    nats.start();
    for (const server of [database, readerDatabase]) {
      server.stallMs = 0;
      server.lossChance = 0;
      server.start();
    }
    for (const slot of slots) {
      slot.life?.thaw();
      slot.process?.mend();
      slot.start();
    }
  }

  backUp(): void {
    const { database, readerDatabase } = this.options;
    this.backup = database.tables.copy();
    this.readerBackup = readerDatabase.tables.copy();
  }

  private readonly deeds: Record<FaultKind, (fault: Fault) => void> = {
    kill: (fault) => this.anybody(fault).kill(fault.forMs),
    stop: (fault) => this.anybody(fault).stop(fault.forMs),
    freeze: (fault) => {
      const { life } = this.anybody(fault);
      life?.freeze();
      this.after(fault, () => {
        life?.thaw();
        this.options.thawed();
      });
    },
    'cut NATS off': (fault) => this.sever(fault, 'nats'),
    'reset NATS': (fault) => this.anybody(fault).process?.breakNats(),
    'cut the database off': (fault) => this.sever(fault, 'database'),
    'end sessions': (fault) => {
      const { life } = this.anybody(fault);
      if (!life) return;
      this.options.database.cut(life.name);
      this.options.readerDatabase.cut(life.name);
    },
    'restart NATS': (fault) => {
      const { nats } = this.options;
      nats.stop();
      if (fault.target % 4 === 0) nats.streams.deleteAll();
      this.after(fault, () => nats.start());
    },
    'split NATS': (fault) => {
      const { nats } = this.options;
      nats.split = ({ name }) => hash(fault.target, name) % 2 === 1;
      this.after(fault, () => (nats.split = null));
    },
    'delete streams': () => this.options.nats.streams.deleteAll(),
    'restart the database': (fault) => {
      const server = this.eitherDatabase(fault);
      server.stop();
      this.after(fault, () => server.start());
    },
    'slow database': (fault) => {
      const server = this.eitherDatabase(fault);
      server.stallMs = SLOW_MS;
      this.after(fault, () => (server.stallMs = 0));
    },
    'lossy database': (fault) => {
      const server = this.eitherDatabase(fault);
      server.lossChance = LOSSY;
      this.after(fault, () => (server.lossChance = 0));
    },
    'unreliable messages': (fault) => {
      const { nats } = this.options;
      nats.chaos = UNRELIABLE;
      this.after(fault, () => (nats.chaos = CALM));
    },
    'back up': () => this.backUp(),
    restore: ({ forMs, target }) => void this.restore(forMs, this.options.restoresInOrder || target % 2 === 0),
    'restore the reader': (fault) => {
      const { readerDatabase } = this.options;
      if (!this.readerBackup) return;
      readerDatabase.stop();
      readerDatabase.tables = this.readerBackup.copy();
      this.after(fault, () => readerDatabase.start());
    },
    'set a clock': (fault) => this.anybody(fault).life?.jump(Math.round((fault.target - 500) * 20)),
    rob: ({ target }) => {
      const { service } = this.services[target % this.services.length]!;
      service?.life.later(0, 'signals', 'robs', () => {
        // It may fail like every claim; what counts is what it does to the others.
        service.rob().catch(() => undefined);
      });
    },
  };

  private get services(): Slot[] {
    return this.options.slots.filter(({ kind }) => kind === 'service');
  }

  private anybody({ target }: Fault): Slot {
    const { slots } = this.options;
    return slots[target % slots.length]!;
  }

  private eitherDatabase({ target }: Fault): DatabaseServer {
    return target % 3 === 0 ? this.options.readerDatabase : this.options.database;
  }

  private after({ forMs }: Fault, undo: () => void): void {
    this.options.scheduler.after(forMs, () => {
      if (!this.over) undo();
    });
  }

  private sever(fault: Fault, what: 'nats' | 'database'): void {
    const { process } = this.anybody(fault);
    process?.sever(what);
    this.after(fault, () => process?.mend());
  }

  private async restore(forMs: number, inOrder: boolean): Promise<void> {
    const { database, random, audit, scheduler, undone } = this.options;
    const { backup } = this;
    const now = database.tables;
    if (!backup || backup.logId === '') return;
    if (inOrder) for (const slot of this.services) slot.kill(forMs + random.between(0, 500));
    database.stop();
    database.tables = backup.copy();
    // As `ganglion restore` does: what a backup knows of processes counts for nothing, who is there now may still serve.
    database.tables.owners.clear();
    database.tables.candidates.clear();
    database.tables.members = now.members;
    const tool: Queryable = {
      query: async (config) => database.run({ ...config, values: config.values ?? [] }) as never,
    };
    await resetLogIdentity(tool, LOG);
    audit.restored(backup.logId, database.tables);
    this.restores++;
    scheduler.after(forMs, () => database.start());
    undone();
  }
}
