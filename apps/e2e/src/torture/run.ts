import type { System } from '../../../../tools/up/system.mjs';
import { between } from './chance.js';
import { check } from './check/check.js';
import { Injector } from './faults/injector.js';
import type { FaultKind } from './faults/kinds.js';
import { nextFaults } from './faults/plan.js';
import { Watch } from './faults/watch.js';
import { History, type Facts, type Violation } from './history.js';
import { Bridge } from './load/bridge.js';
import type { World } from './load/matrix.js';
import { sleepUnless, within } from './load/pause.js';
import { Population } from './load/population.js';
import { Subscriber } from './load/subscriber.js';
import { headOf, readLogs, readRoom } from './read-facts.js';

export interface TortureOptions {
  /** How many faults. */
  faults: number;
  /** Chooses them; equal seeds choose equally, as far as what is there to choose from is equal. */
  seed: number;
  /** Only these kinds. */
  only?: readonly FaultKind[];
  /** Starts the system that is tortured, with these GANGLION_* beside its own. */
  start: (env: Record<string, string>) => Promise<System>;
  /** What the system's own tools say at the end, while it runs: projections that differ, chains that are broken. */
  examine: (system: System) => Promise<string[]>;
  say: (line: string) => void;
  signal?: AbortSignal;
}

export interface TortureResult {
  history: History;
  found: ReadonlyMap<string, Violation[]>;
  /** Under load, ms. */
  tookMs: number;
  /** Processes that ended although nobody had touched them. */
  spontaneous: readonly { instance: string; atMs: number }[];
  /** Still runs, for whoever wants to look at it. */
  system: System;
}

/** Acknowledged writes after a fault that make it a system at work again, and how long that may take. */
const PROGRESS = { acks: 5, withinMs: 60_000 };
const GAP_MS = { least: 300, most: 2_300 };
const FINISH_MS = 60_000;
const HEAL_MS = 90_000;
const SETTLE_MS = 60_000;

/** One run against a system that has just started. */
export class Run {
  private readonly population: Population;
  private readonly watch: Watch;
  private readonly subscriber: Subscriber;
  private readonly injector: Injector;

  constructor(
    private readonly options: TortureOptions,
    private readonly system: System,
    private readonly world: World,
    bridge: Bridge,
  ) {
    const { history, chance } = world;
    this.population = new Population(world, bridge);
    this.watch = new Watch(system, history);
    this.subscriber = new Subscriber(subscriberAccess(system), history);
    const onWipe = () => this.wipe();
    this.injector = new Injector({ system, history, watch: this.watch, chance: chance('details'), onWipe });
  }

  async go(): Promise<TortureResult> {
    const { options, system, world, watch } = this;
    const { history } = world;
    await within(SETTLE_MS, 'accounts and rooms are made', () => this.population.settle());
    watch.start();
    this.subscriber.start();
    const startedMs = performance.now();
    this.population.start();
    await this.hurt();
    const tookMs = performance.now() - startedMs;
    options.signal?.throwIfAborted();
    await this.heal();
    options.say(`healed after ${seconds(performance.now() - startedMs - tookMs)}; reading what it holds`);
    const facts = await this.facts();
    const [found, { spontaneous }] = [check(history, facts), watch];
    return { history, found, tookMs, spontaneous, system };
  }

  abandon(): void {
    this.injector.end();
    this.population.abandon();
    void this.watch.stop();
    void this.subscriber.stop();
  }

  private async hurt(): Promise<void> {
    const { history, chance } = this.world;
    const [plan, pace] = [chance('plan'), chance('pace')];
    await this.progress();
    while (history.faults.length < this.options.faults && !this.over()) {
      const faults = nextFaults(plan, this.watch.targets(), this.options.only);
      for (const [i, fault] of faults.entries()) await this.injector.inject(fault, i > 0);
      await this.progress();
      await sleepUnless(this.population.over, between(pace, GAP_MS.least, GAP_MS.most));
      this.tell();
    }
  }

  private told = 0;
  private tell(): void {
    const { faults, acks, answers } = this.world.history;
    if (faults.length < this.told + 25) return;
    this.told = faults.length;
    this.options.say(`${faults.length} faults, ${acks} writes acknowledged, ${answers.length} answers`);
  }

  /** The next fault hits a system that does its work, not one that still lies on the ground. */
  private async progress(): Promise<void> {
    const { history } = this.world;
    const goal = history.acks + PROGRESS.acks;
    const untilMs = performance.now() + PROGRESS.withinMs;
    while (history.acks < goal && !this.over()) {
      if (performance.now() > untilMs) {
        return this.incident(`no progress within ${PROGRESS.withinMs / 1_000} s`);
      }
      await sleepUnless(this.population.over, 10);
    }
  }

  private over(): boolean {
    return this.population.over.aborted || (this.options.signal?.aborted ?? false);
  }

  /** What does not heal is found by the checks, too, if there is something to check. */
  private async heal(): Promise<void> {
    await this.orIncident(() => this.watch.allThere(HEAL_MS));
    for (const text of await this.population.stop(FINISH_MS)) this.incident(text);
    await this.orIncident(() =>
      within(HEAL_MS, 'everybody has the last event of each room', () => this.population.settleDown()),
    );
    const head = await headOf(this.urls()['moderation']!);
    const caughtUp = async () => {
      while (this.subscriber.position() < head && !this.subscriber.stopped) await sleepUnless(NEVER, 50);
    };
    await this.orIncident(() => within(HEAL_MS, `the subscriber has event ${head}`, caughtUp));
    await this.subscriber.stop();
  }

  private async orIncident(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.incident((error as Error).message);
    }
  }

  private incident(text: string): void {
    this.world.history.incidents.push({ text, atMs: performance.now() });
  }

  private async facts(): Promise<Facts> {
    const { rooms } = this.population;
    const views = [];
    for (const token of this.population.witnesses()) {
      for (const { roomId } of rooms) views.push(await readRoom(this.world, token, roomId));
    }
    const bridged = rooms.map(({ roomId, first }) => ({ roomId, fromEventId: first }));
    const problems = await this.options.examine(this.system);
    return { logs: await readLogs(this.urls()), views, bridged, problems };
  }

  /** What the subscriber has not read when its stream goes, nobody can give it any more. */
  private wipe(): () => Promise<void> {
    const after = this.subscriber.position();
    const wipe = { after, upTo: Infinity };
    this.world.history.wipes.push(wipe);
    return async () => {
      this.subscriber.renew();
      wipe.upTo = await this.headWhenThere();
    };
  }

  private async headWhenThere(): Promise<number> {
    for (;;) {
      try {
        return await headOf(this.urls()['moderation']!);
      } catch (error) {
        // Postgres was hurt, too. Until it is back nothing can be published either.
        if (this.over()) throw error;
        await sleepUnless(this.population.over, 100);
      }
    }
  }

  private urls(): Record<string, string> {
    return this.system.runJson!.postgres!.urls;
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const NEVER = new AbortController().signal;

function subscriberAccess({ runJson }: System) {
  const { url, user, password: pass } = runJson!.nats!.subscriber!;
  const { protocol, host } = new URL(url);
  return { servers: `${protocol}//${host}`, user, pass };
}
