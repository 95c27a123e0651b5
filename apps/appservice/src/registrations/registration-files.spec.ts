import { ConfigError } from '@ganglion/config';
import { readFiles } from './registration-files.service.js';

const file = (id: string, changes: object = {}) =>
  JSON.stringify({
    id,
    url: null,
    as_token: `A-${id}`,
    hs_token: `H-${id}`,
    sender_localpart: `${id}bot`,
    namespaces: { users: [{ regex: `@_${id}_.*`, exclusive: true }] },
    ...changes,
  });

describe('reading the registration files', () => {
  let files: Record<string, string>;
  let warnings: string[];
  beforeEach(() => {
    files = { 'a.yaml': file('a'), 'b.yaml': file('b'), 'c.yaml': file('c') };
    warnings = [];
  });
  const read = (...paths: string[]) =>
    readFiles(
      paths,
      'hs.test',
      (warning) => warnings.push(warning),
      (path) => {
        if (files[path] === undefined) throw new Error('no such file');
        return files[path];
      },
    );

  it('AS-001 takes them in the order listed', () => {
    expect(read('b.yaml', 'a.yaml', 'c.yaml').map((one) => one.public.asId)).toEqual(['b', 'a', 'c']);
    expect(warnings).toEqual([]);
  });

  it('AS-003 takes none where none is listed', () => expect(read()).toEqual([]));

  it('R-3.2 takes none when one is wrong, and tells all that is wrong with any of them at once', () => {
    files['b.yaml'] = file('b', { url: 'ftp://x', namespaces: { users: [{ regex: '(?!x)a', exclusive: true }] } });
    files['c.yaml'] = file('a', { as_token: 'A-a' });
    files['d.yaml'] = ': [';
    let error: unknown;
    try {
      read('a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'e.yaml');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect(
      (error as ConfigError).problems.map((problem) => /^(\w\.yaml):.*\((\w+)\)$/s.exec(problem)?.slice(1)),
    ).toEqual([
      ['b.yaml', 'as_url_invalid'],
      ['b.yaml', 'as_ns_regex_unsupported'],
      ['d.yaml', 'as_yaml_invalid'],
      ['e.yaml', 'as_file_unreadable'],
      ['c.yaml', 'as_duplicate_id'],
      ['c.yaml', 'as_duplicate_token'],
    ]);
    expect((error as Error).message).not.toContain('A-a');
  });

  it('AS-018 warns of namespaces that two claim, and of oddities', () => {
    files['b.yaml'] = file('b', { push_ephemeral: true, namespaces: { users: [{ regex: '@_a.*', exclusive: true }] } });
    expect(read('a.yaml', 'b.yaml')).toHaveLength(2);
    expect(warnings).toEqual([
      expect.stringContaining('push_ephemeral'),
      expect.stringMatching(/b\.yaml.*@_a_.*as_ns_conflict/),
    ]);
  });
});
