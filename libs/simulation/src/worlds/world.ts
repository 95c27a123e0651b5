import type { FenceTimes } from '@ganglion/fence';
import type { Sharding } from '@ganglion/service';
import { DatabaseServer } from '../database/database-server.js';
import type { DatabaseRules, Statement } from '../database/statements.js';
import { NatsServer } from '../network/nats-server.js';
import { READER } from '../processes/reader-process.js';
import { SOUND, type Parts, type Site } from '../processes/site.js';
import { Life, type Surroundings } from '../time/life.js';
import { Random } from '../time/random.js';
import { Scheduler } from '../time/scheduler.js';
import { Trace } from '../time/trace.js';
import { Audit, Violation } from './audit.js';
import { Callers } from './callers.js';
import { describeFault, type Fault } from './faults.js';
import { Questions } from './questions.js';
import { Slot } from './slots.js';
import { Trouble } from './trouble.js';

export interface WorldOptions {
  seed: number;
  services: number;
  readers: number;
  replicas: number;
  callers: number;
  sharding: Sharding;
  fence: FenceTimes | null;
  faults: readonly Fault[];
  /** Faults happen and clients call for so long. */
  activeMs: number;
  /** After that everything works, and must be settled within so long. */
  healMs: number;
  giveUpMs: number;
  /** Gets every line of the history. */
  write?: ((line: string) => void) | undefined;
  /** Broken rules, for tests of this simulation. */
  mutant?: Partial<Parts> & { rules?: Partial<DatabaseRules> };
}

const LOOK_EVERY_MS = 100;
const LAST_COMMANDS = 3;

/**
 * The log with its writers, relay, broker, readers and clients, all in one thread and on one virtual clock. What runs in the processes is
 * the code of production; what is between them is simulated. The seed alone determines everything.
 */
export abstract class World {
  readonly scheduler = new Scheduler();
  readonly trace: Trace;
  readonly random: Random;
  readonly nats: NatsServer;
  readonly database: DatabaseServer;
  readonly readerDatabase: DatabaseServer;
  readonly audit: Audit;
  readonly slots: Slot[] = [];
  readonly callers: Callers;
  readonly questions: Questions;
  private readonly trouble: Trouble;
  /** First thing that was not as it must be. */
  violation: Violation | null = null;
  protected lastDone = false;
  protected readonly site: Site;
  private readonly around: Surroundings;
  private touched: Life | null = null;
  exits = 0;
  private claims = 0;

  constructor(protected readonly options: WorldOptions) {
    const { seed, mutant } = options;
    this.trace = new Trace(options.write);
    this.random = new Random(seed, 'world');
    this.around = { scheduler: this.scheduler, trace: this.trace, touched: (life) => (this.touched = life) };
    const { scheduler, trace, random } = this;
    this.nats = new NatsServer({ scheduler, trace, random: random.of('nats') });
    this.audit = new Audit((what) => this.fail(what));
    this.database = this.makeDatabase('postgres', (statement) => this.logCommitted(statement));
    this.readerDatabase = this.makeDatabase('postgres-2', () =>
      this.audit.projected('the reader', this.readerDatabase.tables, READER, 3),
    );
    this.site = {
      nats: this.nats,
      database: this.database,
      readerDatabase: this.readerDatabase,
      audit: this.audit,
      sharding: options.sharding,
      fence: options.fence,
      parts: { ...SOUND, ...mutant },
    };
    const { slots: services, audit } = this;
    const fail = (what: string) => this.fail(what);
    const life = new Life('client', this.around, random.of('client'), 1);
    this.questions = new Questions({
      life,
      random: random.of('questions'),
      services,
      audit,
      fail,
      leasesCount: () => this.leasesCount(),
    });
    this.callers = new Callers({
      life,
      random: random.of('callers'),
      services,
      audit,
      logId: () => this.database.tables.logId,
      giveUpMs: options.giveUpMs,
      answered: (payload, events) => {
        const last = events.at(-1);
        if (last) this.answered(payload, last.logId, last.pos);
      },
      fail,
    });
    const { nats, database, readerDatabase, slots } = this;
    this.trouble = new Trouble({
      scheduler,
      random,
      nats,
      database,
      readerDatabase,
      slots,
      audit,
      restoresInOrder: options.fence !== null,
      thawed: () => this.thawed(),
      undone: () => this.undone(),
    });
    this.fill('auth', 'service', options.services);
    this.fill('reader', 'reader', options.readers);
    this.fill('gateway', 'replica', options.replicas);
  }

  /** Lives through everything. @throws Violation */
  async live(): Promise<void> {
    const { activeMs, healMs, faults } = this.options;
    for (const slot of this.slots) this.scheduler.after(this.random.between(0, 300), () => slot.start());
    this.scheduler.after(this.random.between(300, 1_200), () => {
      this.callers.start(this.options.callers);
      this.questions.start();
    });
    this.scheduler.after(this.random.between(700, 2_500), () => this.trouble.backUp());
    faults.forEach((fault, index) => {
      this.scheduler.after(fault.atMs, () => {
        this.trace.say(this.scheduler.nowMs, 'fault', describeFault(fault, index));
        this.trouble.strike(fault);
      });
    });
    this.look();
    await this.run(activeMs, () => false);
    this.heal();
    if (!(await this.run(activeMs + healMs, () => this.isSettled())))
      this.fail(`still not settled: ${this.unsettled()}`);
    this.verdict();
    if (this.violation) throw this.violation;
  }

  /** What it has gone through. */
  counts(): Record<string, number> {
    const { callers, audit, nats, database, readerDatabase } = this;
    const faults = Object.fromEntries([...this.trouble.counts].map(([kind, count]) => [`fault: ${kind}`, count]));
    return {
      ...faults,
      steps: this.scheduler.steps,
      'virtual seconds': Math.round(this.scheduler.nowMs / 1_000),
      'virtual ms from healing to settled': Math.round(this.scheduler.nowMs - this.options.activeMs),
      'processes started': this.slots.reduce((sum, { lives }) => sum + lives, 0),
      'processes ended by themselves': this.exits,
      'restores carried out': this.trouble.restores,
      'questions answered': this.questions.answered,
      'commands answered': callers.counts.answered,
      'commands refused': callers.counts.refused,
      'commands without an answer': callers.counts.unanswered,
      'events acknowledged': audit.counts.acknowledged,
      'events undone by a restore': audit.counts.undone,
      'events in the log at the end': database.tables.head,
      'events published': audit.counts.published,
      'messages lost': nats.counts.lost,
      'messages doubled': nats.counts.doubled,
      'messages delayed': nats.counts.delayed,
      'questions that nobody heard': nats.counts.nobody,
      'streams deleted': nats.counts.streamsDeleted,
      'statements lost before they ran': database.counts.lostBefore + readerDatabase.counts.lostBefore,
      'statements lost after they ran': database.counts.lostAfter + readerDatabase.counts.lostAfter,
      'statements refused': database.counts.refused,
      'claims of shards or the lead': this.claims,
      'events read from the log by others': audit.counts.readByOthers,
      'messages stored in streams': nats.counts.stored,
      'messages that a stream had already': nats.counts.duplicates,
    };
  }

  fail(what: string): void {
    if (this.violation) return;
    this.trace.say(this.scheduler.nowMs, 'VIOLATION', what);
    this.violation = new Violation(`at ${this.scheduler.nowMs.toFixed(0)} ms: ${what}`);
  }

  /** Who robs does not wait for leases, so nobody's memory is sure then. */
  protected leasesCount(): boolean {
    return !this.trouble.counts.has('rob');
  }

  /** A command was answered. */
  protected answered(_payload: string, _logId: string, _pos: number): void {}
  /** After each step of a process. */
  protected stepped(_life: Life): void {}
  /** A process goes on that was frozen. */
  protected thawed(): void {}
  /** Now and then. */
  protected looked(): void {}
  /** Whether everybody has everything; empty: yes. */
  protected abstract unsettled(): string;
  /** When all is settled. */
  protected abstract verdict(): void;

  protected get services(): Slot[] {
    return this.slots.filter(({ kind }) => kind === 'service');
  }

  protected get replicas(): Slot[] {
    return this.slots.filter(({ kind }) => kind === 'replica');
  }

  private async run(untilMs: number, over: () => boolean): Promise<boolean> {
    let nextAskMs = 0;
    const done = await this.scheduler.run(untilMs, () => {
      if (this.touched) this.stepped(this.touched);
      this.touched = null;
      if (this.violation) return true;
      if (this.scheduler.nowMs < nextAskMs) return false;
      nextAskMs = this.scheduler.nowMs + LOOK_EVERY_MS;
      return over();
    });
    if (this.violation) throw this.violation;
    return done;
  }

  private isSettled(): boolean {
    return this.unsettled() === '';
  }

  private look(): void {
    this.scheduler.after(LOOK_EVERY_MS, () => {
      this.looked();
      this.look();
    });
  }

  private heal(): void {
    this.trace.say(this.scheduler.nowMs, 'world', 'heals');
    this.callers.stop();
    this.trouble.heal();
    // Life goes on after the trouble: what is written now arrives everywhere too.
    void this.callers.commands(LAST_COMMANDS).then(() => (this.lastDone = true));
  }

  private fill(name: string, kind: Slot['kind'], count: number): void {
    for (let i = 1; i <= count; i++) {
      const random = this.random.of(`${name}-${i}`);
      this.slots.push(
        new Slot(`${name}-${i}`, kind, {
          site: this.site,
          around: this.around,
          random,
          onExit: (slot, reason) => {
            this.exits++;
            this.trace.say(this.scheduler.nowMs, slot.life!.name, `ends by itself: ${String(reason)}`);
          },
        }),
      );
    }
  }

  private makeDatabase(name: string, committed: (statement: Statement | null) => void): DatabaseServer {
    const { scheduler, trace, random } = this;
    const rules = { epochs: true, logIds: true, ...this.options.mutant?.rules };
    const broken = (error: Error) => this.fail(`the simulation is broken: ${error.stack ?? error.message}`);
    return new DatabaseServer(name, { scheduler, trace, random: random.of(name), rules, committed, broken });
  }

  private logCommitted(statement: Statement | null): void {
    const { tables } = this.database;
    if (statement?.text.includes('from claim(')) this.claims++;
    if (statement?.name === 'event_store_append') {
      const [, , owned, epochs] = statement.values as [string, string, number[], number[]];
      const stale = owned.filter((vshard, i) => tables.owners.get(vshard)?.epoch !== epochs[i]);
      this.audit.wrote(tables, tables.owners.get(owned[0]!)?.holder.split('#')[0] ?? '', stale);
    }
    this.audit.projected('the service', tables, 'auth.heard', 3);
  }

  /** A restore has taken back what the backup did not hold. */
  protected undone(): void {}
}
