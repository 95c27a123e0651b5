import type { StoredEvent } from '@ganglion/contracts';
import { Fenced, LogReplaced, LogUnavailable, Overloaded, VersionConflict } from '@ganglion/event-store';
import { Refusal } from '@ganglion/kernel';
import type { ServiceProcess } from '../processes/service-process.js';
import { THINGS, vshardOf } from '../processes/thing.js';
import type { Life } from '../time/life.js';
import type { Random } from '../time/random.js';
import type { Audit } from './audit.js';
import type { Slot } from './slots.js';

const WAY_MS = [0.1, 2] as const;
const THINK_MS = [20, 260] as const;

export interface CallersOptions {
  /** Of the callers; never ends. */
  life: Life;
  random: Random;
  services: readonly Slot[];
  audit: Audit;
  /** Identity of the log in the database. */
  logId: () => string;
  /** After that a caller that has no answer does not wait any more. */
  giveUpMs: number;
  /** Told of each command that was answered, in whose history its event is and where. */
  answered: (payload: string, events: readonly StoredEvent[]) => void;
  fail: (what: string) => void;
}

type Answer = { events: StoredEvent[] } | { error: unknown } | 'none';

/** Clients of the service, who write to the same things and get in each other's way. */
export class Callers {
  /** Commands that are waiting for an answer. */
  busy = 0;
  readonly counts = { commands: 0, answered: 0, refused: 0, unanswered: 0 };
  /** Longest that an answered command has taken, ms. */
  longestMs = 0;
  private stopped = false;
  private made = 0;

  constructor(private readonly options: CallersOptions) {}

  start(count: number): void {
    for (let i = 0; i < count; i++) this.think();
  }

  stop(): void {
    this.stopped = true;
  }

  /** One command, until it is answered somehow. @returns whether it was carried out */
  async command(): Promise<boolean> {
    const { random } = this.options;
    const id = String(random.int(0, THINGS));
    const payload = `p${++this.made}${'x'.repeat(random.int(0, 3))}`;
    const askedAtMs = this.options.life.clock.monotonicMs();
    this.counts.commands++;
    this.busy++;
    try {
      // Refused by one that is not the owner (any more), it asks another, as the gateway does.
      for (let attempt = 1; ; attempt++) {
        const answer = await this.ask(id, payload);
        if (answer !== 'none' && 'error' in answer && answer.error instanceof Fenced && attempt < 4) continue;
        const carriedOut = this.settle(payload, answer);
        if (carriedOut) this.longestMs = Math.max(this.longestMs, this.options.life.clock.monotonicMs() - askedAtMs);
        return carriedOut;
      }
    } finally {
      this.busy--;
    }
  }

  /** Commands until so many were carried out, however long it takes. */
  async commands(count: number): Promise<void> {
    const { life, random } = this.options;
    for (let left = count; left > 0;) {
      await new Promise<void>(
        (resolve) => void life.later(random.between(...THINK_MS), 'client', 'a client decides', resolve),
      );
      if (await this.command()) left--;
    }
  }

  private think(): void {
    const { life, random } = this.options;
    life.later(random.between(...THINK_MS), 'client', 'a client decides', () => {
      if (this.stopped) return;
      void this.command().then(() => this.think());
    });
  }

  private async ask(id: string, payload: string): Promise<Answer> {
    const service = this.ownerOf(vshardOf(id));
    if (!service) return { error: new LogUnavailable('not-written') };
    const { life, giveUpMs } = this.options;
    return new Promise((resolve) => {
      life.timers.after(giveUpMs, () => resolve('none'));
      const sent = service.command(id, payload, (answer) => {
        life.later(this.way(), 'client', 'a client is answered', () => {
          resolve(Array.isArray(answer) ? { events: answer } : answer);
        });
      });
      if (!sent) resolve({ error: new LogUnavailable('not-written') });
    });
  }

  private settle(payload: string, answer: Answer): boolean {
    const { audit, answered } = this.options;
    if (answer === 'none') {
      this.counts.unanswered++;
      audit.counts.uncertain++;
      return false;
    }
    if ('error' in answer) {
      this.refused(payload, answer.error);
      return false;
    }
    this.counts.answered++;
    audit.acknowledge(answer.events, this.options.logId());
    answered(payload, answer.events);
    return true;
  }

  private refused(payload: string, error: unknown): void {
    const { audit, fail } = this.options;
    this.counts.refused++;
    const unwritten =
      error instanceof Fenced ||
      error instanceof VersionConflict ||
      error instanceof Overloaded ||
      (error instanceof LogUnavailable && error.outcome === 'not-written');
    if (unwritten) return audit.refuse(payload);
    audit.counts.uncertain++;
    // Everything else must be something that a client is told, never a bug.
    const known = error instanceof LogUnavailable || error instanceof LogReplaced || error instanceof Refusal;
    if (!known) fail(`a client was answered with ${String(error)}`);
  }

  /** Who says that it serves it; else anybody, who refuses. */
  private ownerOf(vshard: number): ServiceProcess | null {
    const running = this.options.services.flatMap(({ service }) =>
      service?.ready && service.life.alive ? [service] : [],
    );
    const owners = running.filter(({ serving }) => serving.has(vshard));
    const choice = owners.length > 0 ? owners : running;
    return choice.length > 0 ? this.options.random.oneOf(choice) : null;
  }

  private way(): number {
    return this.options.random.between(...WAY_MS);
  }
}
