import type pg from 'pg';
import { connectTo } from '../connect.js';
import { ids, type TestDatabase, testDatabase } from '../database.fixture.js';

const WRITERS = 32;
/** 100,000 for the full proof; few enough for every run otherwise. */
const EVENTS = Number(process.env.GANGLION_TEST_GAPLESS_EVENTS ?? 3_000);
/** Each commit waits for the one before it and for the disk. */
const LIMIT_MS = 60_000 + EVENTS * 30;

/*
 * Writers on connections of their own commit after random delays while a reader remembers only the last position it saw. The
 * same is done with positions from a sequence, which is the usual mistake: if nothing is missed there, the test proves nothing.
 */
describe('a reader that remembers its last position', () => {
  let db: TestDatabase;
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    db = await testDatabase();
    await db.pool.query(`insert into log (log, log_id) values ('gapless', 'id')`);
    await db.pool.query(`insert into owner (log, vshard, epoch, holder) values ('gapless', 0, 1, 'test')`);
    await db.pool.query('create table naive (pos bigserial primary key)');
    clients.push(...(await Promise.all(Array.from({ length: WRITERS }, () => connectTo(db.url)))));
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await db.drop();
  });

  it(
    `misses none of ${EVENTS} events of ${WRITERS} writers`,
    async () => {
      const append = (client: pg.Client, stream: string, ver: number) =>
        client.query({
          name: 'append',
          text: `select append('gapless', 'id', '{0}', '{1}', 0, '{0}', array[$1], array[$2::int], '{lamp.lit}', '{1}', array[$3::uuid], '{"{}"}', '{null}', '{"{}"}')`,
          values: [stream, ver, ids.eventId()],
        });
      const { seen, written } = await race(
        `select pos from event where log = 'gapless' and pos > $1 order by pos`,
        append,
        0.0003,
      );
      expect(seen).toEqual(Array.from({ length: written }, (_, i) => i + 1));
    },
    LIMIT_MS,
  );

  it(
    'misses some when positions come from a sequence',
    async () => {
      const append = (client: pg.Client) => client.query('insert into naive default values');
      const { seen, written } = await race('select pos from naive where pos > $1 order by pos', append, 0.003);
      expect(seen.length).toBeLessThan(written);
    },
    LIMIT_MS,
  );

  async function race(
    read: string,
    append: (client: pg.Client, stream: string, ver: number) => Promise<unknown>,
    maxDelayS: number,
  ): Promise<{ seen: number[]; written: number }> {
    const perWriter = Math.ceil(EVENTS / WRITERS);
    const seen: number[] = [];
    let writing = true;
    const look = async () => {
      const { rows } = await db.pool.query({ text: read, values: [seen.at(-1) ?? 0] });
      seen.push(...(rows as { pos: string }[]).map(({ pos }) => Number(pos)));
    };
    const reader = (async () => {
      while (writing) await look();
      await look();
    })();
    const writer = async (client: pg.Client, stream: string) => {
      for (let ver = 1; ver <= perWriter; ver++) {
        await client.query('begin');
        await append(client, stream, ver);
        await client.query(`select pg_sleep(random() * ${maxDelayS})`);
        await client.query('commit');
      }
    };
    await Promise.all(clients.map((client, i) => writer(client, `lamp-${i}`)));
    writing = false;
    await reader;
    return { seen, written: perWriter * WRITERS };
  }
});
