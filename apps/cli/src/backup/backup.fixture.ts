import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@ganglion/config';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { EventLog, type NewEvent } from '@ganglion/event-store';
import { makeIds, systemClock } from '@ganglion/kernel';
import { bringUpToDate } from '@ganglion/service';
import { makeDatabase, testServers, uniqueName } from '@ganglion/testing';
import pg from 'pg';
import { Progress } from './progress.js';
import { migrationsByService } from './schemas.js';

export const silent = new Progress(() => undefined);
export const migrations = migrationsByService();
export const config = loadConfig({ GANGLION_SERVER_NAME: 'backed.up' });
const ids = makeIds(() => systemClock.nowMs());

export interface TestPlace {
  urls: Record<LogService, string>;
  pools: Record<LogService, pg.Pool>;
  dataDir: string;
  adminUrl: string | null;
  drop(): Promise<void>;
}

const forEach = <T>(make: (service: LogService) => T) =>
  Object.fromEntries(LOG_SERVICES.map((service) => [service, make(service)])) as Record<LogService, T>;

/** Databases of all services on the test server, with nothing in them, and an empty data folder. */
export async function emptyPlace(): Promise<TestPlace> {
  const made = await Promise.all(LOG_SERVICES.map(() => makeDatabase()));
  const urls = forEach((service) => made[LOG_SERVICES.indexOf(service)]!.url);
  return placeOf(urls, null, async () => void (await Promise.all(made.map(({ drop }) => drop()))));
}

/** Names of databases that are not there yet. */
export async function missingPlace(): Promise<TestPlace> {
  const { postgresUrl } = testServers();
  const prefix = uniqueName();
  const urls = forEach((service) => Object.assign(new URL(postgresUrl), { pathname: `/${prefix}_${service}` }).href);
  return placeOf(urls, postgresUrl, async () => {
    const admin = new pg.Client({ connectionString: postgresUrl });
    await admin.connect();
    for (const service of LOG_SERVICES) await admin.query(`drop database if exists ${prefix}_${service} with (force)`);
    await admin.end();
  });
}

function placeOf(
  urls: Record<LogService, string>,
  adminUrl: string | null,
  dropDatabases: () => Promise<void>,
): TestPlace {
  const pools = forEach((service) => new pg.Pool({ connectionString: urls[service], max: 6 }));
  const dataDir = mkdtempSync(join(tmpdir(), 'ganglion-backup-test-'));
  return {
    urls,
    pools,
    dataDir,
    adminUrl,
    drop: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
      await dropDatabases();
      if (existsSync(dataDir)) rmSync(dataDir, { recursive: true });
    },
  };
}

/** The schema of this build everywhere, and secrets. */
export async function newPlace(): Promise<TestPlace> {
  const place = await emptyPlace();
  await Promise.all(
    LOG_SERVICES.map((service) =>
      bringUpToDate({ url: place.urls[service], service, migrations: migrations[service], mode: 'auto' }),
    ),
  );
  mkdirSync(join(place.dataDir, 'secrets'));
  for (const name of ['signing_key', 'token_checksum_key']) {
    writeFileSync(join(place.dataDir, 'secrets', name), `the ${name}`, { mode: 0o600 });
  }
  return place;
}

export async function openLog({ pools, urls }: TestPlace, service: LogService): Promise<EventLog> {
  const log = await EventLog.open({
    pool: pools[service],
    connect: async () => {
      const client = new pg.Client({ connectionString: urls[service] });
      await client.connect();
      return client;
    },
    service,
    log: service,
    types: { 'test.done': { v: 1 } },
    clock: systemClock,
    ids,
    holder: `test-${service}`,
  });
  await log.claim(Array.from({ length: 64 }, (_, vshard) => vshard));
  return log;
}

export const done = (stream: string, ver: number, data: object = {}): NewEvent => ({
  stream,
  ver,
  vshard: 1,
  type: 'test.done',
  data,
  meta: { actor: 'test', correlationId: 'test' },
});

/** Text of everything that COPY has a way of its own for. */
export const AWKWARD = 'tab\t line\n return\r backslash\\ \\N \\. quote\' "é☃𝄞 \u0001';

/** Every row of a table as text, in an order that says nothing. */
export async function rowsOf(pool: pg.Pool, table: string): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(`select t::text as row from public."${table}" t`);
  return rows.map(({ row }) => row).sort();
}

export async function tablesOf(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Breaks off where it is told of that part. @param first  done there before; what it returns is added to the message */
export function failingAt(part: string, message: string, first?: () => Promise<string>): Progress {
  return new (class extends Progress {
    override async during<T>(what: string, work: (onBytes: (sizeBytes: number) => void) => Promise<T>): Promise<T> {
      if (what === part) throw new Error(first ? `${message}: ${await first()}` : message);
      return super.during(what, work);
    }
  })(() => undefined);
}

/** Changes one bit. */
export function flip(path: string): void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = bytes[middle]! ^ 1;
  writeFileSync(path, bytes);
}

/** Events in every log, and something in the tables whose rows mean a place in a log, or hold what COPY writes in a special way. */
export async function populate(place: TestPlace): Promise<void> {
  const { pools } = place;
  for (const service of LOG_SERVICES) {
    const log = await openLog(place, service);
    for (let ver = 1; ver <= 7; ver++) await log.append([done('awkward', ver, { text: AWKWARD, ver })]);
    await log.close();
  }
  const { rows } = await pools.rooms.query<{ log_id: string }>('select log_id from log');
  const roomsLogId = rows[0]!.log_id;
  for (const service of LOG_SERVICES) {
    await pools[service].query(
      `insert into cursor (name, log_id, pos) values ('relay.' || $1 || '.frames', (select log_id from log), 7),
        ('reader.of.rooms', $2, 6), ('reader.of.nothing', 'some-older-log', 4)`,
      [service, roomsLogId],
    );
    await pools[service].query(
      `insert into snapshot values ('awkward', (select log_id from log), 5, 'r1', $1, 1), ('older', 'some-older-log', 1, 'r1', '{}', 1)`,
      [AWKWARD],
    );
  }
  await pools.auth.query(`insert into fence_member values ('gateway-of-then')`);
  await pools.auth.query(
    'insert into credential (credential_id, user_id, password_hash, created_at_ms) values ($1, $1, $1, 1)',
    [AWKWARD],
  );
  await pools.accounting.query(`insert into client_address values ('@a:b', 't', '::1', $1, null, 9007199254740993)`, [
    AWKWARD,
  ]);
  await pools.appservice.query(
    `insert into lane (as_id, log_id, generation, epoch, owner, state, since_ms)
      values ('bridge', (select log_id from log), 'gen', 4, 'appservice-of-then', 'up', 1)`,
  );
  await pools.appservice.query(
    `insert into interest_rules (as_id, rules, from_log_id, from_pos, from_ms) values ('bridge', $1, $2, 3, 4)`,
    [AWKWARD, roomsLogId],
  );
  await pools.appservice.query(
    `insert into route (as_id, log_id, pos, event_id, room_id, received_ts, event) overriding system value
     select 'bridge', $1, 6, '$6', '!r', 1, $2`,
    [roomsLogId, AWKWARD],
  );
  await pools.appservice.query(`select setval(pg_get_serial_sequence('route', 'ordinal'), 41)`);
  await pools.appservice.query(
    `insert into txn (as_id, sequence, txn_id, event_ids, through_ordinal, body, body_hash, created_at_ms)
     values ('bridge', 1, 'gen-1', '[]', 1, $1, 'h', 1)`,
    [Buffer.from([0, 255, 10, 92, 9, 0])],
  );
}
