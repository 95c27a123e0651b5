import { VSHARDS } from '@ganglion/kernel';
import fc from 'fast-check';
import { LEADER, ownerless, planShards, type Sharding } from './share.js';

const ALL = Array.from({ length: VSHARDS }, (_, vshard) => vshard);

/** Processes that plan and act one after the other, in any order, as the database lets them. */
class World {
  readonly owners = new Map<number, string>();
  constructor(
    readonly sharding: Sharding,
    readonly alive: Set<string>,
  ) {}

  look(me: string) {
    const of = (is: (holder: string) => boolean) =>
      [...this.owners]
        .filter(([, holder]) => is(holder))
        .map(([vshard]) => vshard)
        .sort((a, b) => a - b);
    return { kept: of((h) => h === me), taken: of((h) => h !== me), candidates: [...this.alive].sort() };
  }

  turn(me: string): boolean {
    const { claim, release } = planShards(me, this.sharding, this.look(me));
    for (const vshard of release) this.owners.delete(vshard);
    for (const vshard of claim) if (!this.owners.has(vshard)) this.owners.set(vshard, me);
    return claim.length + release.length > 0;
  }

  /** Its leases have run out. */
  die(me: string): void {
    this.alive.delete(me);
    for (const [vshard, holder] of this.owners) if (holder === me) this.owners.delete(vshard);
  }

  settle(): void {
    for (let round = 0; [...this.alive].map((me) => this.turn(me)).some(Boolean); round++)
      expect(round).toBeLessThan(10);
  }

  counts(): number[] {
    return [...this.alive].map((me) => ALL.filter((vshard) => this.owners.get(vshard) === me).length);
  }
}

describe('who owns what of a log', () => {
  it('gives everything to a process that is alone', () => {
    const plan = planShards('a', 'spread', { kept: [], taken: [], candidates: ['a'] });
    expect(plan).toEqual({ claim: [LEADER, ...ALL], release: [] });
    expect(ownerless({ kept: [], taken: [] })).toBe(VSHARDS + 1);
    expect(ownerless({ kept: [...ALL, LEADER], taken: [] })).toBe(0);
  });

  it('comes to rest with equal shares and one leader, however processes come, die and go', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('start', 'die', 'turn'), fc.constantFrom(...'abcde')), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World('spread', new Set(['a']));
        for (const [what, who] of all) {
          if (what === 'start') world.alive.add(who);
          else if (what === 'die' && world.alive.size > 1) world.die(who);
          else if (world.alive.has(who)) world.turn(who);
        }
        world.settle();
        expect(Math.max(...world.counts()) - Math.min(...world.counts())).toBeLessThanOrEqual(1);
        expect(world.owners.size).toBe(VSHARDS + 1);
      }),
    );
  });

  it('leaves everything to the leader where the service is not spread', () => {
    const world = new World('leader', new Set(['a', 'b']));
    world.settle();
    expect(world.counts()).toEqual([VSHARDS, 0]);
    world.die('a');
    world.settle();
    expect(world.counts()).toEqual([VSHARDS]);
    expect(world.owners.get(LEADER)).toBe('b');
  });

  it('moves no more than it must when a process joins', () => {
    const world = new World('spread', new Set(['a', 'b']));
    world.settle();
    const before = new Map(world.owners);
    world.alive.add('c');
    world.settle();
    const moved = ALL.filter((vshard) => before.get(vshard) !== world.owners.get(vshard));
    expect(moved.every((vshard) => world.owners.get(vshard) === 'c')).toBe(true);
  });
});
