import { connectTo, EventLog } from '@ganglion/event-store';
import { makeIds, VSHARDS, type Clock } from '@ganglion/kernel';
import { bringUpToDate, migrationsOf } from '@ganglion/service';
import { makeDatabase } from '@ganglion/testing';
import pg from 'pg';
import { authEventTypes } from './auth.event-types.js';
import { AuthReadModels1700000001000 } from './migrations/1700000001000-auth-read-models.js';
import { AuthAccountLifecycle1700000002000 } from './migrations/1700000002000-auth-account-lifecycle.js';

/** Auth's database with its log, without the rest of the service. */
export interface AuthDatabase {
  pool: pg.Pool;
  log: EventLog;
  close(): Promise<void>;
}

export async function openAuthDatabase(clock: Clock): Promise<AuthDatabase> {
  const { url, drop } = await makeDatabase();
  const migrations = [AuthReadModels1700000001000, AuthAccountLifecycle1700000002000];
  await bringUpToDate({ url, service: 'auth', migrations: migrationsOf({ migrations, fenced: true }), mode: 'auto' });
  const pool = new pg.Pool({ connectionString: url });
  const log = await EventLog.open({
    pool,
    connect: () => connectTo(url),
    service: 'auth',
    log: 'auth',
    types: authEventTypes,
    clock,
    ids: makeIds(() => clock.nowMs()),
    holder: 'test',
  });
  await log.claim(Array.from({ length: VSHARDS }, (_, vshard) => vshard));
  return {
    pool,
    log,
    close: async () => {
      await log.close();
      await pool.end();
      await drop();
    },
  };
}
