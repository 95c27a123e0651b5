import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOG_SERVICES } from '@ganglion/contracts';
import {
  config,
  emptyPlace,
  failingAt,
  flip,
  migrations,
  newPlace,
  populate,
  rowsOf,
  silent,
  tablesOf,
  type TestPlace,
} from './backup.fixture.js';
import { openBackup, verifyBackup } from './read-backup.js';
import { restore } from './restore.js';
import { writeBackup } from './write-backup.js';

describe('a backup', () => {
  let source: TestPlace;
  let target: TestPlace;
  let folder: string;
  let backupPath: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ganglion-backup-'));
    [source, target] = await Promise.all([newPlace(), emptyPlace()]);
    await populate(source);
    backupPath = (await write(join(folder, 'backup'))).path;
  });
  afterAll(async () => {
    await Promise.all([source?.drop(), target?.drop()]);
    rmSync(folder, { recursive: true });
  });

  const write = (to: string, options: Partial<Parameters<typeof writeBackup>[0]> = {}) =>
    writeBackup({ place: source, config, to, withSecrets: true, progress: silent, ...options });
  async function restoreFrom(path: string): Promise<void> {
    const backup = await openBackup(path);
    const confirm = () => Promise.reject(new Error('asked for consent'));
    try {
      await restore({ backup, place: target, migrations, replace: false, confirm, progress: silent });
    } finally {
      backup.close();
    }
  }

  it('is readable by its owner only, and has the digests that sha256sum checks', async () => {
    expect(statSync(backupPath).mode & 0o777).toBe(0o700);
    for (const entry of readdirSync(backupPath, { recursive: true, withFileTypes: true })) {
      const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: backupPath });
    const { manifest } = await openBackup(backupPath);
    await verifyBackup(await openBackup(backupPath), silent);
    expect(manifest).toMatchObject({ serverName: 'backed.up', secrets: ['signing_key', 'token_checksum_key'] });
  });

  it('takes a new name in a folder that is there, and never writes over another', async () => {
    const shelf = mkdtempSync(join(folder, 'shelf-'));
    const { path } = await write(shelf);
    expect(path).toMatch(/\/ganglion-backed\.up-\d{8}T\d{6}Z$/);
    await expect(write(path)).rejects.toThrow(/never written over/);
    expect(readdirSync(shelf)).toHaveLength(1);
  });

  it('is not there when making it has failed', async () => {
    const shelf = mkdtempSync(join(folder, 'shelf-'));
    const progress = failingAt('rooms.event', 'disk full');
    await expect(write(join(shelf, 'b'), { progress })).rejects.toThrow('disk full');
    await expect(write(join(shelf, 'b.tar'), { progress })).rejects.toThrow('disk full');
    expect(readdirSync(shelf)).toEqual([]);
  });

  it('says so when there are no secrets where it looked', async () => {
    const to = join(folder, 'keyless');
    const place = { ...source, dataDir: folder };
    await expect(write(to, { place })).rejects.toThrow(/--data-dir.*--without-secrets/);
    const { manifest } = await write(to, { place, withSecrets: false });
    expect(manifest).toMatchObject({ secrets: [], note: expect.stringContaining('left out') });
  });

  it('lets nobody empty or change a table while it is copied, which a snapshot would not notice', async () => {
    const emptying = async () => {
      const client = await source.pools.rooms.connect();
      try {
        await client.query(`set lock_timeout = 50; truncate alias`);
        return 'it was emptied';
      } catch (error) {
        return (error as { code: string }).code;
      } finally {
        client.release(true);
      }
    };
    const progress = failingAt('rooms.event', 'seen enough', emptying);
    await expect(write(join(folder, 'x'), { progress })).rejects.toThrow('seen enough: 55P03');
    expect(await emptying()).toBe('it was emptied');
  });

  const damages: [string, (copy: string) => void, RegExp][] = [
    ['a changed byte', (copy) => flip(join(copy, 'rooms/event.copy.gz')), /rooms\/event\.copy\.gz: /],
    ['an end cut off', (copy) => truncateSync(join(copy, 'auth/event.copy.gz'), 30), /auth\/event\.copy\.gz: /],
    ['a missing file', (copy) => rmSync(join(copy, 'auth/cursor.copy.gz')), /auth\/cursor\.copy\.gz: it is missing/],
    ['a changed secret', (copy) => flip(join(copy, 'secrets/signing_key')), /secrets\/signing_key: it was changed/],
    ['a missing manifest', (copy) => rmSync(join(copy, 'manifest.json')), /never finished/],
    ['a changed manifest', (copy) => flip(join(copy, 'manifest.json')), /SHA256SUMS has another digest/],
  ];
  it.each(damages)('with %s is refused before anything is written', async (name, damage, message) => {
    const copy = join(folder, name.replaceAll(' ', '-'));
    cpSync(backupPath, copy, { recursive: true });
    damage(copy);
    await expect(restoreFrom(copy)).rejects.toThrow(message);
    for (const service of LOG_SERVICES) expect(await tablesOf(target.pools[service])).toEqual([]);
    expect(readdirSync(target.dataDir)).toEqual([]);
  });

  it('may be one file', async () => {
    const { path } = await write(join(folder, 'backup.tar'));
    expect(path).toBe(join(folder, 'backup.tar'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await restoreFrom(path);
    expect(await rowsOf(target.pools.rooms, 'event')).toEqual(await rowsOf(source.pools.rooms, 'event'));
    truncateSync(path, statSync(path).size - 40_000);
    await expect(openBackup(path)).rejects.toThrow(/no whole archive|never finished/);
  });
});
