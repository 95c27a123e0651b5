import { randomBytes } from 'node:crypto';
import { EVENT_LOG_SCHEMA, EventLog } from '@ganglion/event-store';
import { makeIds, systemClock, VSHARDS } from '@ganglion/kernel';
import { createLogger } from '@ganglion/observability';
import pg from 'pg';
import { ownLog } from './ownership.js';

const logger = createLogger('test', 'fatal');

/** Two processes of one service on one database. */
describe('ownership of a log', () => {
  const admin = () => {
    const url = process.env['GANGLION_TEST_POSTGRES_URL'];
    if (!url) throw new Error('This suite needs Postgres: run it through `npm test -- libs/service`.');
    return url;
  };
  const name = `t${randomBytes(6).toString('hex')}`;
  const open: EventLog[] = [];
  let pool: pg.Pool;
  let url: URL;

  beforeAll(async () => {
    const client = new pg.Client({ connectionString: admin() });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    url = new URL(admin());
    url.pathname = `/${name}`;
    pool = new pg.Pool({ connectionString: url.href });
    await pool.query(EVENT_LOG_SCHEMA);
  });
  afterAll(async () => {
    await Promise.all(open.map((log) => log.close()));
    await pool.end();
    const client = new pg.Client({ connectionString: admin() });
    await client.connect();
    await client.query(`drop database ${name} with (force)`);
    await client.end();
  });

  async function startProcess(holder: string): Promise<EventLog> {
    const log = await EventLog.open({
      pool,
      connect: async () => {
        const client = new pg.Client({ connectionString: url.href });
        await client.connect();
        return client;
      },
      service: 'auth',
      log: 'auth',
      types: { 'test.done': { v: 1 } },
      clock: systemClock,
      ids: makeIds(() => systemClock.nowMs()),
      holder,
    });
    open.push(log);
    return log;
  }
  const append = (log: EventLog, stream: string) =>
    log.append([
      { stream, ver: 1, vshard: 5, type: 'test.done', data: {}, meta: { actor: 'test', correlationId: 'test' } },
    ]);

  it('is one process’s at a time; the next takes over when it stops', async () => {
    const [first, second] = [await startProcess('first'), await startProcess('second')];
    const owning = await ownLog(first, logger);
    const waiting = ownLog(second, logger);
    await append(first, 'while-first-owns');
    await expect(append(second, 'while-first-owns-2')).rejects.toMatchObject({ code: 'FENCED' });
    owning.stop();
    await first.close();
    const next = await waiting;
    expect(second.owned()).toHaveLength(VSHARDS);
    await append(second, 'while-second-owns');
    next.stop();
    await second.close();
  });

  it('goes to the next when the lease of a dead process has run out, and the dead one cannot write any more', async () => {
    const [dead, next] = [await startProcess('dead'), await startProcess('next')];
    (await ownLog(dead, logger)).stop(); // renews no more, as if it were frozen
    const owning = await ownLog(next, logger);
    await append(next, 'after-takeover');
    await expect(append(dead, 'from-the-grave')).rejects.toMatchObject({ code: 'FENCED' });
    owning.stop();
    await next.close();
  });

  it('is lost, and says so, when another takes it by force', async () => {
    const [first, second] = [await startProcess('robbed'), await startProcess('robber')];
    const owning = await ownLog(first, logger);
    await second.claim(Array.from({ length: VSHARDS }, (_, vshard) => vshard));
    await owning.lost;
    expect(first.owned()).toEqual([]);
    owning.stop();
  });
});
