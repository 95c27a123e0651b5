import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { bringUpToDate, inspectSchema, SchemaRefused } from '@ganglion/service';
import {
  config,
  emptyPlace,
  failingAt,
  migrations,
  missingPlace,
  newPlace,
  populate,
  rowsOf,
  silent,
  tablesOf,
  type TestPlace,
} from './backup.fixture.js';
import { ABOUT_PROCESSES, fateOf, namesLog } from './identities.js';
import { openBackup, verifyBackup } from './read-backup.js';
import { restore } from './restore.js';
import { readTables } from './tables.js';
import { writeBackup } from './write-backup.js';

const noConsent = async () => {
  throw new Error('asked for consent');
};

describe('what is made of a backup', () => {
  let source: TestPlace;
  let folder: string;
  let backupPath: string;
  /** One that tests only look at. */
  let restored: TestPlace;
  const places: TestPlace[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ganglion-restore-'));
    source = await newPlace();
    await populate(source);
    const to = join(folder, 'backup');
    backupPath = (await writeBackup({ place: source, config, to, withSecrets: true, progress: silent })).path;
    restored = await place(missingPlace);
    await restoreTo(restored);
  });
  afterAll(async () => {
    for (const place of [source, ...places]) await place?.drop();
    rmSync(folder, { recursive: true });
  });

  async function place(make: () => Promise<TestPlace>): Promise<TestPlace> {
    const made = await make();
    places.push(made);
    return made;
  }
  async function restoreTo(
    target: TestPlace,
    { replace = false, confirm = noConsent as (what: string[]) => Promise<void> } = {},
  ) {
    const backup = await openBackup(backupPath);
    try {
      await restore({ backup, place: target, migrations, replace, confirm, progress: silent });
    } finally {
      backup.close();
    }
  }
  const isEmpty = async ({ pools }: TestPlace) =>
    (await Promise.all(LOG_SERVICES.map((s) => tablesOf(pools[s])))).flat().length === 0;

  it('holds the same rows in a new place, apart from the identities of logs and what processes have left', async () => {
    const target = restored;
    const identities = new Map<string, string>();
    for (const service of LOG_SERVICES) {
      const [old] = (await source.pools[service].query('select log_id, head from log')).rows;
      const [now] = (await target.pools[service].query('select log_id, head from log')).rows;
      expect(now).toEqual({ log_id: expect.stringMatching(/^[0-9a-f]{16}$/), head: old.head });
      expect(now.log_id).not.toBe(old.log_id);
      identities.set(old.log_id, now.log_id);
    }
    const mapped = (row: string) => [...identities].reduce((text, [old, now]) => text.replaceAll(old, now), row);
    for (const service of LOG_SERVICES) {
      const tables = await tablesOf(source.pools[service]);
      expect(await tablesOf(target.pools[service])).toEqual(tables);
      for (const table of tables) {
        const rows = await rowsOf(target.pools[service], table);
        if (ABOUT_PROCESSES.has(table)) expect(rows).toEqual([]);
        else if (table !== 'lane')
          expect([table, rows]).toEqual([table, (await rowsOf(source.pools[service], table)).map(mapped).sort()]);
      }
      await expect(
        bringUpToDate({ url: target.urls[service], service, migrations: migrations[service], mode: 'manual' }),
      ).resolves.toMatchObject({ plan: { verdict: 'current' } });
    }
  });

  it('lets every reader of every log go on from where it was, and says to lanes that they are another incarnation', async () => {
    const target = restored;
    const logIdOf = async ({ pools }: TestPlace, service: LogService) =>
      (await pools[service].query<{ log_id: string }>('select log_id from log')).rows[0]!.log_id;
    for (const service of LOG_SERVICES) {
      const { rows } = await target.pools[service].query('select name, log_id, pos::int from cursor order by name');
      expect(rows).toEqual([
        { name: 'reader.of.nothing', log_id: 'some-older-log', pos: 4 },
        { name: 'reader.of.rooms', log_id: await logIdOf(target, 'rooms'), pos: 6 },
        { name: `relay.${service}.frames`, log_id: await logIdOf(target, service), pos: 7 },
      ]);
    }
    const { rows } = await target.pools.appservice.query(
      `select lane.log_id as lane, owner, epoch > 4 as raised, route.log_id as route, from_log_id as rules
        from lane, route, interest_rules`,
    );
    expect(rows).toEqual([
      {
        lane: await logIdOf(source, 'appservice'),
        owner: null,
        raised: true,
        route: await logIdOf(target, 'rooms'),
        rules: await logIdOf(target, 'rooms'),
      },
    ]);
  });

  it('goes on counting where the sequences were', async () => {
    const target = restored;
    const insert = `insert into route (as_id, log_id, pos, event_id, room_id, received_ts, event)
      values ('bridge', 'x', 9, '$9', '!r', 1, '{}') returning ordinal::int`;
    const [{ ordinal }] = (await target.pools.appservice.query(insert)).rows;
    expect(ordinal).toBe(42);
    const migration = `insert into migrations (timestamp, name) values (1, 'x') returning id`;
    const [was] = (await source.pools.auth.query('select max(id) as id from migrations')).rows;
    const [is] = (await target.pools.auth.query(migration)).rows;
    expect(is.id).toBe(was.id + 1);
  });

  it('decides about every column that names a log', async () => {
    for (const service of LOG_SERVICES) {
      const tables = await readTables(source.pools[service]);
      const undecided = tables.flatMap(({ name, columns }) =>
        columns.filter((column) => namesLog(column.name) && fateOf(service, name, column.name) === null),
      );
      expect([service, undecided]).toEqual([service, []]);
    }
  });

  it('has the secrets, for their owner only', async () => {
    const target = restored;
    expect(readFileSync(join(target.dataDir, 'secrets/signing_key'), 'utf8')).toBe('the signing_key');
    expect(statSync(join(target.dataDir, 'secrets/signing_key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(target.dataDir, 'secrets')).mode & 0o777).toBe(0o700);
  });

  it('is refused when a newer version has made it', async () => {
    const target = await place(emptyPlace);
    const backup = await openBackup(backupPath);
    backup.manifest.services.rooms.migrations.push('OfTomorrow1900000000000');
    const options = { backup, place: target, migrations, replace: false, confirm: noConsent, progress: silent };
    await expect(restore(options)).rejects.toThrow(/does not know OfTomorrow1900000000000 of rooms/);
    expect(await isEmpty(target)).toBe(true);
  });

  it('of an older version comes back with the schema it had, and is upgraded by the next start', async () => {
    const target = await place(emptyPlace);
    const class_ = class {
      readonly name = 'OfTomorrow1900000000000';
      readonly oldProcessesMayServe = true;
      up = (runner: { query(sql: string): Promise<unknown> }) =>
        runner.query('create table tomorrow (id int)').then(() => undefined);
      down = async () => undefined;
    };
    const newer = { ...migrations, rooms: [...migrations.rooms, class_] };
    const backup = await openBackup(backupPath);
    await restore({ backup, place: target, migrations: newer, replace: false, confirm: noConsent, progress: silent });
    const url = target.urls.rooms;
    const { plan } = await inspectSchema({ url, service: 'rooms', migrations: newer.rooms });
    expect(plan).toMatchObject({ verdict: 'outdated', pending: [{ name: 'OfTomorrow1900000000000' }] });
    expect((await bringUpToDate({ url, service: 'rooms', migrations: newer.rooms, mode: 'auto' })).ran).toHaveLength(1);
  });

  it('does not go into databases that hold something, unless that is wanted twice', async () => {
    const target = await place(newPlace);
    await target.pools.auth.query(`insert into cursor values ('mine', 'x', 1)`);
    const before = await rowsOf(target.pools.auth, 'cursor');
    await expect(restoreTo(target)).rejects.toThrow(/not empty.*--replace/s);
    await expect(restoreTo(target, { replace: true })).rejects.toThrow('asked for consent');
    expect(await rowsOf(target.pools.auth, 'cursor')).toEqual(before);
    const asked: string[][] = [];
    await restoreTo(target, {
      replace: true,
      confirm: (async (what: string[]) => void asked.push(what)) as () => Promise<void>,
    });
    expect(asked).toEqual([LOG_SERVICES.map((service) => `the database of ${service}`)]);
    expect(await rowsOf(target.pools.auth, 'event')).toEqual(await rowsOf(source.pools.auth, 'event'));
    expect(await rowsOf(target.pools.auth, 'cursor')).toHaveLength(3);
  });

  it('does not go under processes that serve, whatever is wanted', async () => {
    const target = await place(newPlace);
    await target.pools.moderation.query(`insert into log (log) values ('moderation');
      insert into owner values ('moderation', 1, 1, 'moderation-1', clock_timestamp() + interval '5 seconds')`);
    const renewing = setInterval(() => {
      void target.pools.moderation.query(`update owner set until = clock_timestamp() + interval '5 seconds'`);
    }, 500);
    try {
      const consent = async () => undefined;
      await expect(restoreTo(target, { replace: true, confirm: consent })).rejects.toThrow(
        /moderation \(moderation-1\).*Stop the whole system/,
      );
    } finally {
      clearInterval(renewing);
    }
  });

  it('does not take the place of another system’s secrets', async () => {
    const target = await place(emptyPlace);
    const other = await place(newPlace);
    writeFileSync(join(other.dataDir, 'secrets/signing_key'), 'of another system');
    target.dataDir = other.dataDir;
    await expect(restoreTo(target)).rejects.toThrow(/other secrets than the backup \(signing_key\)/);
    expect(await isEmpty(target)).toBe(true);
  });

  it('keeps, of a place that it replaces, who may be serving from it still', async () => {
    const target = await place(newPlace);
    await target.pools.auth.query(`insert into fence_member values ('gateway-of-now')`);
    await restoreTo(target, { replace: true, confirm: async () => undefined });
    expect(await rowsOf(target.pools.auth, 'fence_member')).toEqual(['(gateway-of-now)']);
  });

  it('when it was interrupted lets nothing serve, and is restored by doing it again', async () => {
    const target = await place(emptyPlace);
    const backup = await openBackup(backupPath);
    const progress = failingAt('rooms.room_event', 'power cut');
    const options = { backup, place: target, migrations, replace: false, confirm: noConsent, progress };
    await expect(restore(options)).rejects.toThrow('power cut');
    for (const service of LOG_SERVICES) {
      const start = bringUpToDate({
        url: target.urls[service],
        service,
        migrations: migrations[service],
        mode: 'auto',
      });
      await expect(start).rejects.toThrow(SchemaRefused);
    }
    await restoreTo(target); // neither --replace nor a question: nobody could have used it
    expect(await rowsOf(target.pools.rooms, 'event')).toEqual(await rowsOf(source.pools.rooms, 'event'));
    const { rows } = await target.pools.rooms.query(
      'select finished_at is not null as finished from ganglion_restore.mark',
    );
    expect(rows).toEqual([{ finished: true }]);
  });

  it('says what is wrong with a log that was tampered with before', async () => {
    const tampered = await place(emptyPlace);
    await restoreTo(tampered);
    await tampered.pools.rooms.query(`update event set data = '{"forged":true}' where pos = 4`);
    const to = join(folder, 'tampered');
    const { path } = await writeBackup({ place: tampered, config, to, withSecrets: true, progress: silent });
    const target = await place(emptyPlace);
    const backup = await openBackup(path);
    const options = { backup, place: target, migrations, replace: false, confirm: noConsent, progress: silent };
    expect((await restore(options)).findings).toEqual([expect.stringMatching(/^log rooms, position 4: /)]);
    const whole = await openBackup(backupPath);
    expect(whole.manifest.services.rooms.logs[0]!.link).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that was restored can be backed up again', async () => {
    const target = await place(emptyPlace);
    await restoreTo(target);
    const to = join(folder, 'second');
    const { path } = await writeBackup({ place: target, config, to, withSecrets: true, progress: silent });
    const second = await openBackup(path);
    await verifyBackup(second, silent);
    const first = await openBackup(backupPath);
    expect(second.manifest.services.auth.logs[0]!.head).toBe(first.manifest.services.auth.logs[0]!.head);
    expect(second.manifest.services.auth.logs[0]!.logId).not.toBe(first.manifest.services.auth.logs[0]!.logId);
  });
});
