import { planSchema, type AppliedMigration } from './schema-plan.js';

const adds = (name: string) => ({ name, oldProcessesMayServe: true });
const changes = (name: string) => ({ name, oldProcessesMayServe: false });
const applied = (...rows: [name: string, compatibleSince: number][]): AppliedMigration[] =>
  rows.map(([name, compatibleSince], i) => ({ version: i + 1, name, compatibleSince, build: `0.${i + 1}.0` }));

describe('what a build can do with a schema', () => {
  it('runs everything on an empty database', () => {
    expect(planSchema([changes('a'), adds('b')], [])).toMatchObject({
      verdict: 'outdated',
      version: 0,
      madeBy: null,
      pending: [{ name: 'a' }, { name: 'b' }],
      oldProcessesMayServe: false,
    });
  });

  it('serves on the schema it knows', () => {
    const plan = planSchema([changes('a'), adds('b')], applied(['a', 1], ['b', 1]));
    expect(plan).toMatchObject({ verdict: 'current', version: 2, compatibleSince: 1, pending: [] });
  });

  it('serves on a newer schema that only has more', () => {
    const plan = planSchema([changes('a')], applied(['a', 1], ['b', 1]));
    expect(plan).toMatchObject({ verdict: 'ahead', version: 2, knownVersion: 1 });
  });

  it('does not serve on a newer schema that has changed what it knows', () => {
    const plan = planSchema([changes('a')], applied(['a', 1], ['b', 2]));
    expect(plan).toMatchObject({ verdict: 'too-new', knownVersion: 1, compatibleSince: 2, madeBy: '0.2.0' });
  });

  it('does not serve either when more was added after the change', () => {
    const plan = planSchema([changes('a'), adds('b')], applied(['a', 1], ['b', 1], ['c', 3], ['d', 3]));
    expect(plan.verdict).toBe('too-new');
  });

  it('lets old processes serve while things are added, and not when one of them changes something', () => {
    const before = applied(['a', 1]);
    expect(planSchema([changes('a'), adds('b'), adds('c')], before).oldProcessesMayServe).toBe(true);
    expect(planSchema([changes('a'), adds('b'), changes('c')], before).oldProcessesMayServe).toBe(false);
  });

  it('runs a migration also when one that sorts after it was run before', () => {
    const plan = planSchema([changes('a'), adds('b'), changes('c')], applied(['a', 1], ['c', 2]));
    expect(plan).toMatchObject({ verdict: 'outdated', pending: [{ name: 'b' }] });
  });

  it('touches nothing when build and database have each something that the other lacks', () => {
    expect(planSchema([changes('a'), adds('c')], applied(['a', 1], ['b', 1])).verdict).toBe('diverged');
  });
});
