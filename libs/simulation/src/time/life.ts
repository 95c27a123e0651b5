import { makeIds, type Clock, type Ids, type Timers } from '@ganglion/kernel';
import type { Random } from './random.js';
import type { Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

export interface Surroundings {
  scheduler: Scheduler;
  trace: Trace;
  /** Told that a process does something now. */
  touched: (life: Life) => void;
}

interface Waiting {
  channel: string;
  what: string;
  run: (() => void) | null;
}

/** Some wall clock of the world. */
const START_MS = 1_700_000_000_000;
/** A loop that is busy runs its timers late. */
const LATE = { chance: 0.03, mostMs: 30, usualMs: 0.5 };

/**
 * One process from its start to its end, with a clock of its own. Killed, nothing of it runs any more; frozen (SIGSTOP), it is done
 * to it what would be done, and it finds all of that when it goes on, with its clock far ahead.
 */
export class Life {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  alive = true;
  frozen = false;
  private backlog: Waiting[] = [];
  private wallJumpMs = 0;
  private readonly ends: (() => void)[] = [];

  /** @param speed  of its clock: 1 is the world's */
  constructor(
    readonly name: string,
    private readonly around: Surroundings,
    readonly random: Random,
    readonly speed: number,
  ) {
    const bootMs = random.between(0, 1e6);
    const { scheduler } = around;
    this.clock = {
      nowMs: () => START_MS + Math.floor(scheduler.nowMs) + this.wallJumpMs,
      monotonicMs: () => bootMs + scheduler.nowMs * speed,
    };
    this.timers = {
      after: (delayMs, run) => this.later(Math.max(1, delayMs) / speed + this.lateMs(), 'timers', 'timer', run),
      soon: (run) => void this.later(random.between(0.001, 0.05), 'soon', 'turn', run),
    };
    this.ids = makeIds(
      () => this.clock.nowMs(),
      (size) => random.bytes(size),
    );
  }

  /** @param channel  what comes on one of them stays in order also when it has to wait @returns cancels it */
  later(delayMs: number, channel: string, what: string, run: () => void): () => void {
    const waiting: Waiting = { channel, what, run };
    const cancel = this.around.scheduler.after(delayMs, () => this.arrive(waiting));
    return () => {
      waiting.run = null;
      cancel();
    };
  }

  freeze(): void {
    this.frozen = true;
  }

  /** What has come meanwhile runs one after the other; between channels in any order. */
  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    const rest = this.backlog;
    this.backlog = [];
    for (let delayMs = 0.001; rest.length > 0; delayMs += 0.001) {
      const { channel } = this.random.oneOf(rest);
      const [next] = rest.splice(
        rest.findIndex((one) => one.channel === channel),
        1,
      );
      this.around.scheduler.after(delayMs, () => this.arrive(next!));
    }
    this.around.touched(this);
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.backlog = [];
    for (const end of this.ends.splice(0)) end();
  }

  /** What the machine does for a process that has died, such as closing its connections. */
  atEnd(end: () => void): void {
    this.ends.push(end);
  }

  /** Somebody sets the machine's clock. */
  jump(byMs: number): void {
    this.wallJumpMs += byMs;
  }

  private arrive(waiting: Waiting): void {
    if (!this.alive || !waiting.run) return;
    if (this.frozen) {
      this.backlog.push(waiting);
      return;
    }
    const { scheduler, trace } = this.around;
    trace.say(scheduler.nowMs, this.name, waiting.what);
    this.around.touched(this);
    waiting.run();
  }

  private lateMs(): number {
    return this.random.chance(LATE.chance) ? this.random.between(0, LATE.mostMs) : this.random.between(0, LATE.usualMs);
  }
}
