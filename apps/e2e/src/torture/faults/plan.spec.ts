import { chanceOf } from '../chance.js';
import { FAULTS, type Fault, type FaultKind } from './kinds.js';
import { nextFaults } from './plan.js';

const APPS = ['accounting', 'appservice', 'auth', 'gateway', 'moderation', 'rooms'];
const targets = { instances: APPS.flatMap((app) => [1, 2].map((n) => ({ name: `${app}-${n}`, app }))) };

function plan(seed: number, count: number, only?: FaultKind[]): Fault[] {
  const chance = chanceOf(seed, 'plan');
  const faults: Fault[] = [];
  while (faults.length < count) faults.push(...nextFaults(chance, targets, only));
  return faults;
}

describe('what is done to a system', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(plan(7, 100)).toEqual(plan(7, 100));
    expect(plan(7, 100)).not.toEqual(plan(8, 100));
  });

  it('is everything there is, to every instance', () => {
    const faults = plan(1, 1_000);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(Object.keys(FAULTS)));
    for (const kind of ['kill', 'stop', 'freeze']) {
      const hit = new Set(faults.filter((fault) => fault.kind === kind).map(({ target }) => target));
      expect(hit).toEqual(new Set(targets.instances.map(({ name }) => name)));
    }
  });

  it('freezes for a time within its bounds, and ends the rest at once', () => {
    const [shortest, longest] = [100, 6_000];
    for (const { kind, durationMs } of plan(2, 500)) {
      if (!kind.startsWith('freeze')) expect(durationMs).toBeNull();
      else expect(durationMs! >= shortest && durationMs! <= longest).toBe(true);
    }
  });

  it('leaves the databases of gateways alone, because they have none', () => {
    const faults = plan(3, 300, ['cut-database', 'freeze-database']);
    expect(faults.filter(({ target }) => target.startsWith('gateway'))).toEqual([]);
  });

  it('is two different instances when two come at once', () => {
    const chance = chanceOf(4, 'plan');
    for (let n = 0; n < 200; n++) {
      const [one, other] = nextFaults(chance, targets, ['kill']);
      if (other) expect(other.target).not.toBe(one!.target);
    }
  });

  it('is only what was asked for', () => {
    expect(new Set(plan(5, 50, ['kill-nats']).map(({ kind }) => kind))).toEqual(new Set(['kill-nats']));
  });
});
