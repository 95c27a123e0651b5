import { fenceWorldOptions, FenceWorld } from '../worlds/fence-world.js';
import { runSeed, shrink, type Outcome, type WorldName } from './run-seed.js';

const LOG_SEEDS = 24;
const FENCE_SEEDS = 10;

async function outcomes(world: WorldName, seeds: number): Promise<Outcome[]> {
  const all: Outcome[] = [];
  for (let seed = 1; seed <= seeds; seed++) all.push(await runSeed(world, seed));
  return all;
}

function sum(all: readonly Outcome[], what: string): number {
  return all.reduce((total, { counts }) => total + (counts[what] ?? 0), 0);
}

async function history(world: WorldName, seed: number): Promise<string[]> {
  const lines: string[] = [];
  await runSeed(world, seed, { write: (line) => lines.push(line) });
  return lines;
}

describe('a seed', () => {
  it.each(['a', 'b'] as const)('gives the same history of world %s each time, to the last step', async (world) => {
    const [first, second] = [await history(world, 5), await history(world, 5)];
    expect(first.length).toBeGreaterThan(1_000);
    expect(second).toEqual(first);
    expect((await runSeed(world, 5)).digest).toBe((await runSeed(world, 5)).digest);
    expect((await runSeed(world, 6)).digest).not.toBe((await runSeed(world, 5)).digest);
  });

  it('that fails is cut down to the faults that it takes, and fails with these alone', async () => {
    const mutant = { rules: { epochs: false } };
    let found: Outcome | null = null;
    for (let seed = 1; seed < 60 && !found?.violation; seed++) found = await runSeed('a', seed, { mutant });
    const needed = await shrink(found!, mutant);
    expect(needed.length).toBeLessThan(found!.faults.length);
    expect((await runSeed('a', found!.seed, { mutant, only: needed })).violation).toContain('does not own');
    for (const index of needed) {
      const without = needed.filter((other) => other !== index);
      expect((await runSeed('a', found!.seed, { mutant, only: without })).violation).toBeNull();
    }
  });
});

describe('log, relay and readers', () => {
  it('end with every promise kept and every projection equal to the log, whatever has happened', async () => {
    const all = await outcomes('a', LOG_SEEDS);
    expect(all.filter(({ violation }) => violation !== null)).toEqual([]);
    // Otherwise nothing has been shown.
    const happened = [
      'fault: kill',
      'fault: freeze',
      'restores carried out',
      'events undone by a restore',
      'messages lost',
      'messages doubled',
      'messages delayed',
      'messages that a stream had already',
      'events read from the log by others',
      'statements lost before they ran',
      'statements lost after they ran',
      'streams deleted',
      'claims of shards or the lead',
    ];
    expect(happened.filter((what) => sum(all, what) === 0)).toEqual([]);
    expect(sum(all, 'events acknowledged')).toBeGreaterThan(50 * LOG_SEEDS);
  });
});

describe('the fence', () => {
  it('lets nobody serve what a revocation has ended that was answered, and every revocation is answered in the end', async () => {
    const all = await outcomes('b', FENCE_SEEDS);
    expect(all.filter(({ violation }) => violation !== null)).toEqual([]);
    expect(sum(all, 'revocations answered')).toBeGreaterThan(30 * FENCE_SEEDS);
    expect(sum(all, 'looks at a member that may serve')).toBeGreaterThan(0);
    expect(sum(all, 'looks at a member that may not')).toBeGreaterThan(0);
  });

  it.each([1, 2, 3])('answers within 3.5 s when a gateway is stopped by SIGSTOP meanwhile, seed %i', async (seed) => {
    const usual = fenceWorldOptions(seed);
    const gateway = usual.services;
    const frozen = { atMs: 6_000, kind: 'freeze', target: gateway, forMs: 8_000 } as const;
    const world = new FenceWorld({ ...usual, activeMs: 16_000, faults: [frozen] });
    await world.live();
    expect(world.callers.longestMs).toBeGreaterThan(2_000);
    expect(world.callers.longestMs).toBeLessThan(3_500);
  });
});
