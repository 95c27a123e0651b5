import { Violation } from '../worlds/audit.js';
import { describeFault, type Fault, type Schedule } from '../worlds/faults.js';
import { FenceWorld, fenceWorldOptions } from '../worlds/fence-world.js';
import { LogWorld, logWorldOptions } from '../worlds/log-world.js';
import type { World, WorldOptions } from '../worlds/world.js';

/** `a`: log, relay and readers. `b`: the fence. */
export type WorldName = 'a' | 'b';

export interface SeedOptions {
  /** Of the seed's faults only these, by their numbers; absent: all. */
  only?: readonly number[];
  write?: (line: string) => void;
  mutant?: WorldOptions['mutant'];
  /** Absent: as usual in that world. */
  schedule?: Schedule;
}

export interface Outcome {
  world: WorldName;
  seed: number;
  /** The same for the same history. */
  digest: string;
  /** Null: all is as it must be. */
  violation: string | null;
  /** What the world went through, so that it shows that it was not nothing. */
  counts: Record<string, number>;
  faults: readonly Fault[];
}

/** Lives through one world. Equal arguments give equal outcomes. */
export async function runSeed(
  name: WorldName,
  seed: number,
  { only, write, mutant, schedule }: SeedOptions = {},
): Promise<Outcome> {
  const options = name === 'a' ? logWorldOptions(seed, schedule) : fenceWorldOptions(seed, schedule);
  const faults = options.faults.filter((_, index) => !only || only.includes(index));
  const world = new (name === 'a' ? LogWorld : FenceWorld)({
    ...options,
    faults,
    write,
    ...(mutant ? { mutant } : {}),
  });
  const violation = await living(world);
  return { world: name, seed, digest: world.trace.digest, violation, counts: world.counts(), faults: options.faults };
}

/** @returns what went wrong; null: nothing. @throws what is a bug of the simulation itself */
async function living(world: World): Promise<string | null> {
  // What nobody catches ends a process of production.
  const uncaught = (reason: unknown) =>
    world.fail(`nobody caught ${reason instanceof Error ? reason.stack : String(reason)}`);
  process.on('unhandledRejection', uncaught);
  const realTimers = forbidRealTimers((what) => world.fail(what));
  try {
    await world.live();
    return null;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  } finally {
    process.off('unhandledRejection', uncaught);
    realTimers();
  }
}

/** A world in which something waits for real time would not be the same twice. @returns ends it */
function forbidRealTimers(fail: (what: string) => void): () => void {
  const { setTimeout, setInterval } = globalThis;
  const refuse = (): never => {
    const { stack } = new Error('something waits for real time');
    fail(stack!);
    throw new Error('no real time here');
  };
  globalThis.setTimeout = refuse as unknown as typeof setTimeout;
  globalThis.setInterval = refuse as unknown as typeof setInterval;
  return () => Object.assign(globalThis, { setTimeout, setInterval });
}

/** Leaves out one fault after the other as long as the seed still fails. @returns the numbers of those that it needs */
export async function shrink({ world, seed, faults }: Outcome, mutant?: WorldOptions['mutant']): Promise<number[]> {
  const fails = async (only: readonly number[]) =>
    (await runSeed(world, seed, { only, ...(mutant ? { mutant } : {}) })).violation !== null;
  let needed = faults.map((_, index) => index);
  for (let dropped = true; dropped;) {
    dropped = false;
    for (const index of needed) {
      const without = needed.filter((other) => other !== index);
      if (!(await fails(without))) continue;
      needed = without;
      dropped = true;
    }
  }
  return needed;
}

/** What went wrong and what it takes, for people. */
export function report({ world, seed, violation, faults }: Outcome, needed: readonly number[]): string {
  return [
    `seed ${seed} of world ${world}: ${violation}`,
    `needs ${needed.length} of ${faults.length} faults:`,
    ...needed.map((index) => `  ${describeFault(faults[index]!, index)}`),
    `again: npm run simulate -- --world ${world} --seed ${seed} --faults ${needed.join(',') || 'none'} --trace`,
  ].join('\n');
}
