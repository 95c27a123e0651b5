import type { System } from '../../../../../tools/up/system.mjs';
import type { History, OutageRecord } from '../history.js';
import { sleep } from '../load/pause.js';
import type { Targets } from './plan.js';

const LOOK_EVERY_MS = 40;

/** Follows which instances run, notes when they did not, and which ended although nobody had touched them. */
export class Watch {
  private readonly names: readonly string[];
  private readonly pids = new Map<string, number>();
  private readonly down = new Map<string, OutageRecord>();
  private readonly frozen = new Map<string, OutageRecord>();
  /** Ended by themselves, as a process may that has lost what it owned. */
  readonly spontaneous: { instance: string; atMs: number }[] = [];
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly system: System,
    private readonly history: History,
  ) {
    this.names = system.runJson?.instances ?? [];
  }

  start(): void {
    this.look();
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** A signal that ends it has been sent. */
  ending(instance: string): void {
    if (!this.down.has(instance)) this.open(instance);
  }

  froze(instance: string): void {
    const outage = { instance, fromMs: performance.now(), toMs: Infinity };
    this.frozen.set(instance, outage);
    this.history.outages.push(outage);
  }

  thawed(instance: string): void {
    const outage = this.frozen.get(instance);
    if (outage) outage.toMs = performance.now();
    this.frozen.delete(instance);
  }

  targets(): Targets {
    const apps = this.system.runJson?.apps ?? {};
    const there = Object.entries(apps).filter(([name]) => !this.frozen.has(name) && !this.down.has(name));
    return { instances: there.map(([name, { app }]) => ({ name, app })).sort((a, b) => (a.name < b.name ? -1 : 1)) };
  }

  /** @throws Error naming what is not there, after `withinMs` */
  async allThere(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.down.size > 0 || this.frozen.size > 0) {
      if (performance.now() > until)
        throw new Error(`not back: ${[...this.down.keys(), ...this.frozen.keys()].join(', ')}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await sleep(LOOK_EVERY_MS);
      this.look();
    }
  }

  private look(): void {
    const apps = this.system.runJson?.apps ?? {};
    for (const name of this.names) {
      const pid = apps[name]?.pid;
      const known = this.pids.get(name);
      if (known !== undefined && pid !== known && !this.down.has(name)) this.endedByItself(name);
      const isBack = pid !== undefined && pid !== known;
      if (isBack) this.close(name);
      if (pid !== undefined) this.pids.set(name, pid);
    }
  }

  private endedByItself(instance: string): void {
    this.open(instance);
    this.spontaneous.push({ instance, atMs: performance.now() });
  }

  private open(instance: string): void {
    const outage = { instance, fromMs: performance.now() - LOOK_EVERY_MS, toMs: Infinity };
    this.down.set(instance, outage);
    this.history.outages.push(outage);
  }

  private close(instance: string): void {
    const outage = this.down.get(instance);
    if (outage) outage.toMs = performance.now();
    this.down.delete(instance);
  }
}
