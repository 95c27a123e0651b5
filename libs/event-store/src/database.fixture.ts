import { randomBytes } from 'node:crypto';
import { makeIds, systemClock } from '@ganglion/kernel';
import pg from 'pg';
import { connectTo } from './connect.js';
import type { NewEvent } from './log/entry.js';
import { EventLog, type EventLogOptions } from './log/event-log.js';
import { CURRENT_LOG_SCHEMA } from './log/schema.js';

export const ALL_VSHARDS = Array.from({ length: 64 }, (_, vshard) => vshard);
export const META = { actor: '@alice:localhost', correlationId: 'req-1' };
export const ids = makeIds(() => systemClock.nowMs());

export interface TestDatabase {
  url: string;
  pool: pg.Pool;
  connect: () => Promise<pg.Client>;
  drop: () => Promise<void>;
}

/** A database of one test file's own, with the log's tables. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env.GANGLION_TEST_POSTGRES_URL;
  if (!server) throw new Error('GANGLION_TEST_POSTGRES_URL is not set: run through npm test');
  const name = `event_store_${randomBytes(8).toString('hex')}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  await pool.query(CURRENT_LOG_SCHEMA);
  return {
    url: url.href,
    pool,
    connect: () => connectTo(url.href),
    drop: async () => {
      await pool.end();
      await onServer(server, `drop database ${name} with (force)`);
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = await connectTo(url);
  await client.query(sql);
  await client.end();
}

let logs = 0;

/** A log of its own in the database, every virtual shard claimed; the same one again when `log` is given. */
export async function openLog(db: TestDatabase, options: Partial<EventLogOptions> = {}): Promise<EventLog> {
  const log = await EventLog.open({
    pool: db.pool,
    connect: db.connect,
    service: 'test',
    log: `log${++logs}`,
    types: { 'lamp.lit': { v: 1 }, 'lamp.put_out': { v: 1 } },
    clock: systemClock,
    ids,
    holder: 'test',
    ...options,
  });
  await log.claim(ALL_VSHARDS);
  return log;
}

/** Version `ver` of `stream`: the lamp is lit. */
export function lit(stream: string, ver: number, data: object = { by: 'alice' }): NewEvent {
  return { stream, ver, vshard: 1, type: 'lamp.lit', data, meta: META };
}

/** Resolves when `condition` holds, looked at once per turn of the event loop. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}
