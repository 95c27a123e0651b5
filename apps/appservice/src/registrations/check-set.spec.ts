import { duplicates, namespaceConflicts } from './check-set.js';
import type { Registration } from './registration.js';

const registration = (source: string, asId: string, asTokenHash: string, users: [string, boolean][] = []) =>
  ({
    source,
    public: {
      asId,
      asTokenHash,
      namespaces: { users: users.map(([regex, exclusive]) => ({ regex, exclusive })), aliases: [], rooms: [] },
    },
  }) as unknown as Registration;

describe('a set of registrations', () => {
  it('AS-004 may not hold an id twice: both files are named', () => {
    const [problem, ...others] = duplicates([registration('a.yaml', 'x', '1'), registration('b.yaml', 'x', '2')]);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: 'as_duplicate_id', source: 'b.yaml', field: 'id' });
    expect(problem!.message).toContain('a.yaml');
  });

  it('AS-005 may not hold a token twice: both files are named, the token is not', () => {
    const [problem] = duplicates([registration('a.yaml', 'x', 'hash'), registration('b.yaml', 'y', 'hash')]);
    expect(problem).toMatchObject({ code: 'as_duplicate_token', source: 'b.yaml', field: 'as_token' });
    expect(problem!.message).toContain('a.yaml');
    expect(JSON.stringify(problem)).not.toContain('hash');
  });

  it('AS-018 names an id that two of them claim for themselves', () => {
    const conflicts = namespaceConflicts(
      [registration('a.yaml', 'x', '1', [['@_a.*', true]]), registration('b.yaml', 'y', '2', [['@_ab.*', true]])],
      'hs.test',
    );
    expect(conflicts).toHaveLength(1);
    expect(conflicts[0]).toMatch(/b\.yaml.*a\.yaml.*@_ab.*as_ns_conflict/);
  });

  it.each([
    ['one is not exclusive', '@_ab.*', false],
    ['they are disjoint', '@_c.*', true],
  ])('finds no conflict when %s', (_, regex, exclusive) => {
    const set = [
      registration('a.yaml', 'x', '1', [['@_a.*', true]]),
      registration('b.yaml', 'y', '2', [[regex, exclusive]]),
    ];
    expect(namespaceConflicts(set, 'hs.test')).toEqual([]);
  });
});
