import type { StoredEvent } from '@ganglion/contracts';
import { type Frame, type FramePublisher, systemTimers, type Timers } from '@ganglion/event-store';
import type pg from 'pg';
import { StreamLists } from './pipeline-check.fixture.js';

/** 0 ≤ x < 1. Equal seeds choose equally; what runs at the same time still meets differently on every run. */
export type Chance = () => number;

/** mulberry32 */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer, `from` ≤ n < `to`. */
export const between = (chance: Chance, from: number, to: number): number => from + Math.floor(chance() * (to - from));

export const oneOf = <T>(chance: Chance, all: readonly T[]): T => all[between(chance, 0, all.length)]!;

export function shuffled<T>(chance: Chance, all: readonly T[]): T[] {
  const rest = [...all];
  return all.map(() => rest.splice(between(chance, 0, rest.length), 1)[0]!);
}

/** `GANGLION_TEST_SEED`: that one. `GANGLION_TEST_PIPELINE_SEEDS`: so many, for runs that may last. */
export function seeds(): number[] {
  const { GANGLION_TEST_SEED: seed, GANGLION_TEST_PIPELINE_SEEDS: count } = process.env;
  if (seed) return [Number(seed)];
  return Array.from({ length: Number(count ?? 2) }, (_, i) => i + 1);
}

/** A broker of which one frame in five does not arrive, one in five twice, and one in five late. */
export class Unreliable implements FramePublisher {
  readonly dealt = { dropped: 0, doubled: 0, delayed: 0 };
  private readonly held: Frame[] = [];

  constructor(
    private readonly broker: FramePublisher,
    private readonly chance: Chance,
  ) {}

  async publish(frame: Frame): Promise<void> {
    const fate = this.chance();
    if (fate < 0.2) this.dealt.dropped++;
    else if (fate < 0.4) await this.twice(frame);
    else if (fate < 0.6) this.hold(frame);
    else await this.broker.publish(frame);
    if (this.held.length > 0 && this.chance() < 0.25) await this.letGo(between(this.chance, 0, this.held.length));
  }

  /** Everything held back comes at last, in a wrong order. */
  async release(): Promise<void> {
    while (this.held.length > 0) await this.letGo(this.held.length - 1);
  }

  private async twice(frame: Frame): Promise<void> {
    this.dealt.doubled++;
    await this.broker.publish(frame);
    await this.broker.publish(frame);
  }

  private hold(frame: Frame): void {
    this.dealt.delayed++;
    this.held.push(frame);
  }

  private async letGo(index: number): Promise<void> {
    for (const frame of this.held.splice(index, 1)) await this.broker.publish(frame);
  }
}

/** Timers of a process that can be killed: from then on none of them runs. */
export class MortalTimers implements Timers {
  private readonly waiting = new Set<() => void>();
  private dead = false;

  after(delayMs: number, run: () => void): () => void {
    if (this.dead) return () => undefined;
    const end = systemTimers.after(delayMs, () => {
      this.waiting.delete(end);
      run();
    });
    this.waiting.add(end);
    return () => {
      this.waiting.delete(end);
      end();
    };
  }

  die(): void {
    this.dead = true;
    for (const end of this.waiting) end();
  }
}

/** A projection with a bug: once, what it writes is not what it was given. */
export class Flawed extends StreamLists {
  private flawed = false;

  constructor(
    pool: pg.Pool,
    private readonly flaw: (batch: readonly StoredEvent[]) => StoredEvent[],
  ) {
    super(pool);
  }

  protected override async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    if (this.flawed || batch.length < 2) return await super.project(tx, batch);
    this.flawed = true;
    await super.project(tx, this.flaw(batch));
  }
}

/** What a reader must not be: it writes whatever comes, when it comes. */
export class Naive extends StreamLists {
  private last = Promise.resolve();

  take(frame: string): void {
    const { events } = JSON.parse(frame) as { events: StoredEvent[] };
    this.last = this.last.then(() => this.write(this.pool, events));
  }

  async idle(): Promise<void> {
    await this.last;
  }
}
