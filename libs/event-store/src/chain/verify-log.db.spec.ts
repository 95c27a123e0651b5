import fc from 'fast-check';
import { connectTo } from '../connect.js';
import { ALL_VSHARDS, ids, lit, META, openLog, type TestDatabase, testDatabase } from '../database.fixture.js';
import type { EventLog } from '../log/event-log.js';
import { resetLogIdentity } from '../log/schema.js';
import { verifyLog } from './verify-log.js';

const EVENTS = 24;
const COLUMNS = [
  'log',
  'pos',
  'vshard',
  'stream',
  'ver',
  'type',
  'v',
  'id',
  'at',
  'meta',
  'key_id',
  'data',
  'link',
] as const;
type Column = (typeof COLUMNS)[number];

describe('verifyLog', () => {
  let db: TestDatabase;
  let log: EventLog;
  beforeAll(async () => {
    db = await testDatabase();
    log = await openLog(db, { log: 'lamps' });
    for (let i = 0; i < EVENTS; i += 3) await log.append([event(i), event(i + 1), event(i + 2)]);
    // Somebody who can change rows can also remove what stands in his way.
    await db.pool
      .query(`alter table event drop constraint event_pkey; alter table event drop constraint event_stream_ver;
      create table good_event as select * from event; create table good_log as select * from log`);
    for (const column of COLUMNS) await db.pool.query(`alter table event alter column ${column} drop not null`);
  });
  afterEach(async () => {
    await db.pool.query(`delete from event; insert into event select * from good_event;
      update log l set head = g.head, link = g.link, log_id = g.log_id from good_log g where l.log = g.log`);
  });
  afterAll(async () => {
    await log.close();
    await db.drop();
  });

  const verify = (options: Parameters<typeof verifyLog>[2] = {}) =>
    verifyLog(db.pool, 'lamps', { pageSize: 5, ...options });
  const sql = (text: string, values: unknown[] = []) => db.pool.query(text, values);
  const position = fc.integer({ min: 1, max: EVENTS });
  const restore = () => sql(`delete from event`).then(() => sql(`insert into event select * from good_event`));

  it('finds nothing in what was appended, and says where it ended', async () => {
    const { rows } = await sql(`select encode(link, 'hex') as link from event where pos = ${EVENTS}`);
    const told: number[][] = [];
    expect(await verify({ onProgress: (...numbers) => told.push(numbers) })).toEqual({
      events: EVENTS,
      head: EVENTS,
      link: (rows[0] as { link: string }).link,
      finding: null,
    });
    expect(told).toEqual([5, 10, 15, 20, EVENTS].map((checked) => [checked, EVENTS]));
  });

  it('finds nothing in an empty log, and knows when there is none', async () => {
    const empty = await openLog(db);
    expect(await verifyLog(db.pool, empty.log)).toMatchObject({ events: 0, head: 0, finding: null });
    await empty.close();
    await expect(verifyLog(db.pool, 'nothing')).rejects.toThrow('no log nothing');
  });

  it('names the row of which any one bit of any column was turned', async () => {
    const turned = fc.record({ pos: position, column: fc.constantFrom(...COLUMNS), at: fc.nat(), bit: fc.nat(6) });
    await fc.assert(
      fc.asyncProperty(turned, async ({ pos, column, at, bit }) => {
        const first = await turn(db, pos, column, at, bit);
        const { finding } = await verify();
        expect(finding).toMatchObject({ pos: first });
        if (column !== 'pos' && column !== 'log') expect(finding?.fault).toBe('changed');
        await restore();
      }),
      { numRuns: 120, examples: COLUMNS.map((column) => [{ pos: 1, column, at: 0, bit: 0 }]) },
    );
  });

  it('names a row that was set to null in any column', async () => {
    for (const column of COLUMNS.filter((name) => name !== 'pos' && name !== 'log')) {
      await sql(`update event set ${column} = null where pos = 2`);
      expect((await verify()).finding).toMatchObject({ pos: 2, fault: 'changed' });
      await restore();
    }
  });

  it('names the first row that was dropped, also at the end', async () => {
    await fc.assert(
      fc.asyncProperty(position, fc.integer({ min: 1, max: 4 }), async (pos, rows) => {
        await sql('delete from event where pos >= $1 and pos < $2', [pos, pos + rows]);
        expect((await verify()).finding).toMatchObject({ pos, fault: 'missing' });
        await restore();
      }),
      { numRuns: 60 },
    );
  });

  it('names the first of two rows that were swapped, with their links or without', async () => {
    const two = fc.uniqueArray(position, { minLength: 2, maxLength: 2 });
    const content = COLUMNS.filter((column) => !['log', 'pos', 'link'].includes(column));
    await fc.assert(
      fc.asyncProperty(two, fc.boolean(), async ([a, b], links) => {
        const columns = links ? [...content, 'link'] : content;
        await sql(
          `update event e set ${columns.map((column) => `${column} = g.${column}`).join(', ')} from good_event g
            where (e.pos, g.pos) in (($1::bigint, $2::bigint), ($2, $1))`,
          [a, b],
        );
        expect((await verify()).finding).toMatchObject({ pos: Math.min(a!, b!), fault: 'out-of-order' });
        await restore();
      }),
      { numRuns: 60 },
    );
  });

  it('names the row that was put in between', async () => {
    await fc.assert(
      fc.asyncProperty(position, async (pos) => {
        await sql('update event set pos = pos + 1 where pos >= $1', [pos]);
        await sql(
          `insert into event select log, $1::bigint, vshard, 'forged', 1, type, v, gen_random_uuid(), at, meta, key_id, data,
          sha256('forged') from good_event where pos = $1`,
          [pos],
        );
        await sql(`update log set head = head + 1 where log = 'lamps'`);
        expect((await verify()).finding).toMatchObject({ pos, fault: 'out-of-order' });
        await sql(`update log set head = head - 1 where log = 'lamps'`);
        await restore();
      }),
      { numRuns: 40 },
    );
  });

  it('names a second row at a position, and one before the first', async () => {
    for (const pos of [0, -3, 7]) {
      await sql(
        `insert into event select log, $1, vshard, stream, ver, type, v, id, at, meta, key_id, data, link
        from good_event where pos = 7`,
        [pos],
      );
      expect((await verify()).finding).toMatchObject({ pos, fault: 'extra' });
      await restore();
    }
  });

  it('names what stands behind the head, and a head that was moved', async () => {
    await sql(`insert into event select log, pos + 1, vshard, stream, ver + 1, type, v, id, at, meta, key_id, data, link
      from good_event where pos = ${EVENTS}`);
    expect((await verify()).finding).toMatchObject({ pos: EVENTS + 1, fault: 'head' });
    await restore();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 * EVENTS }), async (head) => {
        await sql(`update log set head = $1 where log = 'lamps'`, [head]);
        const expected = {
          null: null,
          before: { pos: head + 1, fault: 'head' },
          behind: { pos: EVENTS + 1, fault: 'missing' },
        }[head === EVENTS ? 'null' : head < EVENTS ? 'before' : 'behind'];
        const { finding } = await verify();
        expect(finding && { pos: finding.pos, fault: finding.fault }).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('finds a tail that was cut off together with the head', async () => {
    await sql(`delete from event where pos > 20`);
    await sql(`update log set head = 20 where log = 'lamps'`);
    expect((await verify()).finding).toMatchObject({ pos: 20, fault: 'head' });
    await sql(`delete from event`);
    await sql(`update log set head = 0 where log = 'lamps'`);
    expect((await verify()).finding).toMatchObject({ pos: 0, fault: 'head' });
  });

  describe('with an anchor', () => {
    it('goes on from it, or past it', async () => {
      const { head, link } = await verify();
      const anchor = { pos: head, link };
      expect(await verify({ expect: [anchor] })).toMatchObject({ events: EVENTS, finding: null });
      expect(await verify({ from: head + 1, expect: [anchor] })).toEqual({ events: 0, head, link, finding: null });
      const [middle] = (await sql(`select encode(link, 'hex') as link from event where pos = 9`)).rows as {
        link: string;
      }[];
      expect(await verify({ from: 10, expect: [{ pos: 9, ...middle! }, anchor] })).toMatchObject({
        events: EVENTS - 9,
        finding: null,
      });
      expect(await verify({ from: 10 })).toMatchObject({ events: EVENTS - 9, head: EVENTS, finding: null });
      await expect(verify({ from: 10, expect: [{ pos: 3, link }] })).rejects.toThrow('lies before 10');
      expect((await verify({ from: 10, expect: [{ pos: 9, link }] })).finding).toMatchObject({ pos: 10 });
      await sql('delete from event where pos = 9');
      await expect(verify({ from: 10 })).rejects.toThrow('no event at 9');
    });

    it('finds a tail that was cut off by somebody who mended everything else', async () => {
      const { head, link } = await verify();
      await sql(`delete from event where pos > 20`);
      await sql(`update log set head = 20, link = (select link from event where pos = 20) where log = 'lamps'`);
      expect((await verify()).finding).toBeNull();
      expect((await verify({ expect: [{ pos: head, link }] })).finding).toMatchObject({ pos: 21, fault: 'rewritten' });
    });

    it('finds a log that was written anew with a chain that is whole', async () => {
      const { head, link } = await verify();
      await sql('delete from event');
      await sql(`update log set head = 0, link = null where log = 'lamps'`);
      for (let i = 0; i < EVENTS; i++) await log.append([{ ...event(i), data: { forged: i === 11 } }]);
      expect((await verify()).finding).toBeNull();
      expect((await verify({ expect: [{ pos: head, link }] })).finding).toMatchObject({
        pos: head,
        fault: 'rewritten',
      });
    });
  });

  it('finds versions of a stream that are not dense', async () => {
    await log.append([lit('holed', 1), lit('holed', 3)]);
    expect((await verify()).finding).toMatchObject({ pos: EVENTS + 2, fault: 'version' });
    expect((await verify({ from: EVENTS + 2 })).finding).toMatchObject({ pos: EVENTS + 2 });
    await log.append([lit('begun late', 2)]);
    expect((await verify({ from: EVENTS + 3 })).finding).toMatchObject({ pos: EVENTS + 3, fault: 'version' });
    await log.append([lit('backwards', 2), lit('backwards', 1)]);
    expect((await verify({ from: EVENTS + 4 })).finding).toMatchObject({ pos: EVENTS + 4, fault: 'version' });
  });

  it('finds nothing when the log was given another identity', async () => {
    await resetLogIdentity(db.pool, 'lamps');
    expect((await verify()).finding).toBeNull();
  });
});

describe('the chain, where texts are as odd as may be', () => {
  it('is the same by Postgres and by Node', async () => {
    const db = await testDatabase();
    const log = await openLog(db, { log: 'größe\n"$' });
    const text = fc.string({ unit: 'binary' }).map((drawn) => drawn.replaceAll('\0', ''));
    const odd = fc.record({ stream: text, data: text, actor: text, keyId: fc.option(text, { nil: undefined }) });
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(odd, { minLength: 1, maxLength: 9 }), async (drawn) => {
        await log.append(
          drawn.map(({ stream, data, actor, keyId }) => ({
            ...lit(`${++n}${stream}`, 1, { data }),
            meta: { ...META, actor },
            ...(keyId === undefined ? {} : { keyId }),
          })),
        );
      }),
      { numRuns: 60 },
    );
    expect(await verifyLog(db.pool, log.log)).toMatchObject({ events: n, finding: null });
    await log.close();
    await db.drop();
  });
});

describe('the chain, while others append', () => {
  it('is one chain, and is verified as of one moment', async () => {
    const db = await testDatabase();
    const logs = [await openLog(db, { log: 'busy' }), await openLog(db, { log: 'busy' })];
    let writing = true;
    const writer = async (log: EventLog, vshard: number) => {
      await log.claim([vshard]);
      for (let ver = 1; writing; ver++) await log.append([{ ...lit(`lamp-${vshard}`, ver), vshard }]);
    };
    const writers = logs.map((log, i) => writer(log, i));
    const client = await connectTo(db.url);
    for (let events = 0; events < 200;) {
      const verified = await verifyLog(client, 'busy', { pageSize: 7 });
      expect(verified.finding).toBeNull();
      ({ events } = verified);
    }
    writing = false;
    await Promise.all(writers);
    expect((await verifyLog(client, 'busy')).finding).toBeNull();
    await client.end();
    await Promise.all(logs.map((log) => log.close()));
    await db.drop();
  });
});

/** The i-th of a few streams, with every column that may vary. */
function event(i: number) {
  return {
    ...lit(`lamp-${i % 4}`, Math.floor(i / 4) + 1, { by: 'é🐸', i }),
    vshard: ALL_VSHARDS[i]!,
    ...(i % 2 ? { keyId: ids.eventId() } : {}),
  };
}

/** @returns the first position where that shows */
async function turn(db: TestDatabase, pos: number, column: Column, at: number, bit: number): Promise<number> {
  const { rows } = await db.pool.query(`select ${column} as value from event where pos = $1`, [pos]);
  const { value } = rows[0] as { value: unknown };
  const changed = turned(value, column, at, bit);
  await db.pool.query(`update event set ${column} = $2 where pos = $1`, [pos, changed]);
  return column === 'pos' ? Math.min(pos, Number(changed)) : pos;
}

function turned(value: unknown, column: Column, at: number, bit: number): unknown {
  if (value === null) return '';
  if (Buffer.isBuffer(value)) return flipped(value, at, bit);
  if (column === 'id') return flipped(Buffer.from(String(value).replaceAll('-', ''), 'hex'), at, bit).toString('hex');
  if (['pos', 'vshard', 'ver', 'v', 'at'].includes(column)) return flippedNumber(Number(value), bit);
  // The lowest bit: a text must remain UTF-8.
  return flipped(Buffer.from(String(value)), at, 0).toString();
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at % copy.length]! ^= 1 << bit;
  return copy;
}

function flippedNumber(value: number, bit: number): number {
  return Number(BigInt(value) ^ (1n << BigInt(bit)));
}
