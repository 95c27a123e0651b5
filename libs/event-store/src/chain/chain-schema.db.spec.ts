import { lit, openLog, type TestDatabase, testDatabase, until } from '../database.fixture.js';
import { LogUnavailable } from '../log/event-log.errors.js';
import { CANDIDATE_SCHEMA, EVENT_LOG_SCHEMA } from '../log/schema.js';
import { EVENT_CHAIN_SCHEMA } from './chain-schema.js';
import { verifyLog } from './verify-log.js';

describe('a database from before the chain', () => {
  it('is linked as it is, and goes on from there', async () => {
    const db = await testDatabase();
    await beforeTheChain(db);
    const old = await openLog(db, { log: 'old' });
    const small = await openLog(db, { log: 'small' });
    const none = await openLog(db, { log: 'none' });
    await Promise.all(Array.from({ length: 2_345 }, (_, i) => old.append([lit(`lamp-${i}`, 1)])));
    await small.append([lit('lamp-1', 1)]);
    await db.pool.query(EVENT_CHAIN_SCHEMA);
    for (const [log, events] of [
      [old, 2_345],
      [small, 1],
      [none, 0],
    ] as const) {
      expect(await verifyLog(db.pool, log.log)).toMatchObject({ events, finding: null });
      await log.append([lit('lamp-new', 1)]);
      expect(await verifyLog(db.pool, log.log)).toMatchObject({ events: events + 1, finding: null });
      await log.close();
    }
    await db.drop();
  });
});

describe('a database that gets the chain while it is used', () => {
  it('loses no append, links all, and refuses nothing but for a moment', async () => {
    const db = await testDatabase();
    await beforeTheChain(db);
    const log = await openLog(db);
    const counts = { written: 0, refused: 0 };
    let busy = true;
    const writer = async (stream: string) => {
      for (let ver = 1; busy;) {
        try {
          await log.append([lit(stream, ver)]);
          counts.written++;
          ver++;
        } catch (error) {
          if (!(error instanceof LogUnavailable) || error.outcome !== 'not-written') throw error;
          counts.refused++;
        }
      }
    };
    const reader = async () => {
      while (busy) await log.readAfter(Math.max(0, log.head() - 10), 10);
    };
    const users = [...Array.from({ length: 8 }, (_, i) => writer(`lamp-${i}`)), reader(), reader()];
    await until(() => counts.written > 200);
    await db.pool.query(`begin; ${EVENT_CHAIN_SCHEMA}; commit`);
    const { written } = counts;
    await until(() => counts.written > written + 200);
    busy = false;
    await Promise.all(users);
    expect(await verifyLog(db.pool, log.log)).toMatchObject({ events: counts.written, finding: null });
    // What was under way at that moment: one batch, and what waited behind it.
    expect(counts.refused).toBeLessThanOrEqual(8);
    await log.close();
    await db.drop();
  });

  it('ends an append of the older function that was under way as if the database had been away', async () => {
    const db = await testDatabase();
    await beforeTheChain(db);
    const log = await openLog(db);
    await log.append([lit('lamp', 1)]);
    const migrating = await db.connect();
    await migrating.query('begin; lock table log in access exclusive mode');
    const appending = log.append([lit('lamp', 2)]);
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
      and query like 'select append%'`;
    await until(async () => (await db.pool.query(waiting)).rows.length === 1);
    await migrating.query(`${EVENT_CHAIN_SCHEMA}; commit`);
    await migrating.end();
    await expect(appending).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'not-written' });
    await log.append([lit('lamp', 2)]);
    expect(await verifyLog(db.pool, log.log)).toMatchObject({ events: 2, finding: null });
    await log.close();
    await db.drop();
  });
});

function beforeTheChain(db: TestDatabase): Promise<unknown> {
  return db.pool.query(`drop schema public cascade; create schema public; ${EVENT_LOG_SCHEMA}; ${CANDIDATE_SCHEMA}`);
}
