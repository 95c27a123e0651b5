import { parseArgs } from 'node:util';
import { hash } from '../time/random.js';
import { report, runSeed, shrink, type Outcome, type WorldName } from './run-seed.js';

const HELP = `Simulates log, relay, readers and fence on a virtual clock; a seed determines everything.
  --world a|b|all  a: log, relay and readers; b: the fence (all)
  --seeds N        how many seeds of each world (100)
  --from N         the first of them (1)
  --seed N         this one only
  --faults 1,4|none  of its faults only these
  --trace          prints all that happens`;

const SAY_EVERY_MS = 10_000;

export interface CommandLine {
  say: (line: string) => void;
  nowMs: () => number;
}

interface Plan {
  worlds: WorldName[];
  from: number;
  seeds: number;
  only: number[] | undefined;
  trace: boolean;
}

/** @returns exit code: 1 when a seed failed, 2 when the arguments are wrong */
export async function simulate(args: readonly string[], line: CommandLine): Promise<number> {
  let plan: Plan | null;
  try {
    plan = planOf(args);
  } catch (error) {
    line.say((error as Error).message);
    line.say(HELP);
    return 2;
  }
  if (!plan) {
    line.say(HELP);
    return 0;
  }
  let code = 0;
  for (const world of plan.worlds) if (!(await runWorld(world, plan, line))) code = 1;
  return code;
}

async function runWorld(
  world: WorldName,
  { from, seeds, only, trace }: Plan,
  { say, nowMs }: CommandLine,
): Promise<boolean> {
  const startedAtMs = nowMs();
  const sum = new Map<string, number>();
  let [saidAtMs, failed, digest] = [startedAtMs, 0, 0];
  const speed = (done: number) => `${((done * 1_000) / Math.max(1, nowMs() - startedAtMs)).toFixed(1)} seeds/s`;
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = await runSeed(world, seed, { ...(only ? { only } : {}), ...(trace ? { write: say } : {}) });
    add(sum, outcome.counts);
    digest = hash(digest, outcome.digest);
    if (outcome.violation !== null) {
      failed++;
      say(report(outcome, only ?? (await shrink(outcome))));
    }
    if (nowMs() - saidAtMs < SAY_EVERY_MS) continue;
    saidAtMs = nowMs();
    say(`world ${world}: ${seed - from + 1} of ${seeds}, ${failed} failed, ${speed(seed - from + 1)}`);
  }
  const seconds = ((nowMs() - startedAtMs) / 1_000).toFixed(0);
  say(
    `world ${world}: ${seeds} seeds from ${from} in ${seconds} s (${speed(seeds)}), ${failed} failed, digest ${digest.toString(16)}`,
  );
  for (const [what, count] of [...sum].sort()) say(`  ${what.padEnd(44)} ${String(count).padStart(12)}`);
  return failed === 0;
}

function planOf(args: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      world: { type: 'string', default: 'all' },
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      faults: { type: 'string' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const worlds: WorldName[] = values.world === 'all' ? ['a', 'b'] : [values.world as WorldName];
  if (!worlds.every((world) => world === 'a' || world === 'b')) throw new Error(`there is no world ${values.world}`);
  const only =
    values.faults === undefined ? undefined : values.faults === 'none' ? [] : values.faults.split(',').map(whole);
  const one = values.seed === undefined ? null : whole(values.seed);
  return {
    worlds,
    from: one ?? whole(values.from),
    seeds: one === null ? whole(values.seeds) : 1,
    only,
    trace: values.trace,
  };
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${text} is not a whole number`);
  return Number(text);
}

function add(sum: Map<string, number>, counts: Outcome['counts']): void {
  for (const [what, count] of Object.entries(counts)) sum.set(what, (sum.get(what) ?? 0) + count);
}
