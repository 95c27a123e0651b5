import { CURRENT_LOG_SCHEMA } from '@ganglion/event-store';
import { makeDatabase } from '@ganglion/testing';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { Appservice1700001000000 } from '../migrations/1700001000000-appservice.js';

export interface TestDatabase {
  pool: pg.Pool;
  drop: () => Promise<void>;
}

/** A database of one test file's own with the tables of this service. */
export async function appserviceDatabase(): Promise<TestDatabase> {
  const { url, drop } = await makeDatabase();
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  await pool.query(CURRENT_LOG_SCHEMA);
  const runner = { query: (sql: string) => pool.query(sql) };
  await new Appservice1700001000000().up(runner as unknown as QueryRunner);
  return {
    pool,
    drop: async () => {
      await pool.end();
      await drop();
    },
  };
}

/** Resolves when `condition` holds, looked at once per turn of the event loop. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}
