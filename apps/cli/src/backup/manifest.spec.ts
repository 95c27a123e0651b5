import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { requireFates } from './identities.js';
import { FORMAT, parseManifest, sumsOf, type BackedUpDatabase, type Manifest } from './manifest.js';
import { requireSameShape } from './restore-database.js';
import { referredFirst } from './tables.js';
import { requireOneMoment } from './write-backup.js';

const sha256 = 'a'.repeat(64);
const column = (name: string, type = 'text') => ({ name, type });
const database = (service: LogService): BackedUpDatabase => ({
  postgres: '18.1',
  schemaVersion: 1,
  compatibleSince: 1,
  migrations: ['EventLog1700000000000'],
  logs: [{ log: service, logId: `id-of-${service}`, head: 10, link: null }],
  readers: [{ name: `${service}.reader`, logId: 'id-of-auth', pos: 10 }],
  tables: [{ name: 'log', columns: [column('log')], rows: 1, sizeBytes: 2, file: `${service}/log.copy.gz` }],
  sequences: [],
});

function manifest(): Manifest {
  const files = LOG_SERVICES.map((service) => [`${service}/log.copy.gz`, { sizeBytes: 1, sha256 }] as const);
  return {
    format: FORMAT,
    ganglion: '0.1.0',
    serverName: 'hs.test',
    takenAt: '2026-11-24T13:47:00.000Z',
    note: '',
    cut: { heldMs: 1.5, attempts: 1 },
    services: Object.fromEntries(LOG_SERVICES.map((service) => [service, database(service)])) as Manifest['services'],
    secrets: ['signing_key'],
    configuredSecrets: [],
    files: { ...Object.fromEntries(files), 'secrets/signing_key': { sizeBytes: 1, sha256 } },
  };
}

describe('the manifest of a backup', () => {
  it('is read as it was written', () => {
    expect(parseManifest(JSON.stringify(manifest()))).toEqual(manifest());
  });

  it('of another format is not read', () => {
    expect(() => parseManifest(JSON.stringify({ ...manifest(), format: 2 }))).toThrow('format 2');
  });

  it('without a part is not read', () => {
    const { services: _, ...rest } = manifest();
    expect(() => parseManifest(JSON.stringify(rest))).toThrow();
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'rooms/../../x', 'a/b/c'])(
    'does not lead out of its folder: %s',
    (path) => {
      const files = { ...manifest().files, [path]: { sizeBytes: 1, sha256 } };
      expect(() => parseManifest(JSON.stringify({ ...manifest(), files }))).toThrow('is no name of ours');
    },
  );

  it('must have a digest of every file it names', () => {
    const { 'secrets/signing_key': _, ...files } = manifest().files;
    expect(() => parseManifest(JSON.stringify({ ...manifest(), files }))).toThrow('no digest of secrets/signing_key');
  });

  it('is the last line of the sums', () => {
    expect(sumsOf({ 'auth/log.copy.gz': { sizeBytes: 1, sha256 } }, 'b'.repeat(64))).toBe(
      `${sha256}  auth/log.copy.gz\n${'b'.repeat(64)}  manifest.json\n`,
    );
  });
});

describe('one moment', () => {
  it('has readers at or before the head of what they read', () => {
    const good = manifest();
    expect(() => requireOneMoment(good)).not.toThrow();
    good.services.rooms.readers[0]!.pos = 11;
    expect(() => requireOneMoment(good)).toThrow(/rooms.reader of rooms stands at 11, the log it reads ends at 10/);
  });

  it('says nothing about readers of a log that is not there any more', () => {
    const good = manifest();
    good.services.rooms.readers[0] = { name: 'rooms.reader', logId: 'replaced', pos: 99 };
    expect(() => requireOneMoment(good)).not.toThrow();
  });
});

describe('tables of a restore', () => {
  it('are filled in the order in which they refer to each other', () => {
    const tables = ['a', 'b', 'c'].map((name) => ({ name }));
    const refersTo = new Map([
      ['a', new Set(['c'])],
      ['c', new Set(['b'])],
    ]);
    expect(referredFirst(tables, refersTo).map(({ name }) => name)).toEqual(['b', 'c', 'a']);
    expect(() => referredFirst(tables, new Map([...refersTo, ['b', new Set(['a'])]]))).toThrow('circle');
  });

  it('must be those of the backup, apart from the one that versions brought', () => {
    const [log, versions] = [
      { name: 'log', columns: [column('log')] },
      { name: 'schema_version', columns: [column('version', 'integer')] },
    ];
    const backedUp = database('auth');
    expect(() => requireSameShape('auth', [log, versions], backedUp)).not.toThrow();
    const other = { name: 'log', columns: [column('log', 'bytea')] };
    expect(() => requireSameShape('auth', [other], backedUp)).toThrow(
      /only in the backup: log.log text; only here: log.log bytea/,
    );
  });

  it('are refused when one names a log and nobody has decided what that means', () => {
    const decided = { name: 'cursor', columns: [column('name'), column('log_id')] };
    expect(() => requireFates('auth', [decided])).not.toThrow();
    const undecided = { name: 'novelty', columns: [column('seen_log_id')] };
    expect(() => requireFates('auth', [decided, undecided])).toThrow('novelty.seen_log_id of auth');
  });
});
