import { systemClock } from '@ganglion/kernel';
import pg from 'pg';
import { connectTo } from '../../connect.js';
import { lit, openLog, type TestDatabase, testDatabase, until } from '../../database.fixture.js';
import { LogFollower } from '../../follow/log-follower.js';
import type { EventLog } from '../../log/event-log.js';
import { sourceOf } from '../event-source.js';
import { goodCode, lampRows, LAMPS_SCHEMA, Lamps } from '../lamps.fixture.js';
import { PARKED_SCHEMA } from '../parked/parked-schema.js';
import { parkedCounts } from '../parked/parked.store.js';
import { rebuildBeside, type RebuildOptions, type RebuildStep } from './rebuild-beside.js';
import { removeLeftovers } from './shadow-schema.js';

const STEPS: RebuildStep[] = ['prepared', 'filled', 'held', 'caught-up', 'compared', 'locked', 'moved', 'switched'];
const LAMP_SHAPE = `
  select json_build_object(
    'indexes', (select json_agg(indexdef order by indexname) from pg_indexes where schemaname = 'public' and tablename like 'lamp%'),
    'constraints', (select json_agg(conname || ' ' || pg_get_constraintdef(oid) order by conname) from pg_constraint
      where conrelid in ('public.lamp'::regclass, 'public.lamp_history'::regclass)),
    'privileges', (select json_agg(relacl::text order by relname) from pg_class where relname in ('lamp', 'lamp_history')),
    'settings', (select json_agg(reloptions::text order by relname) from pg_class where relname in ('lamp', 'lamp_history')),
    'comments', json_build_array(obj_description('public.lamp'::regclass, 'pg_class'), col_description('public.lamp'::regclass, 2))
  ) as shape`;

describe('rebuild of a projection beside the one that serves', () => {
  let db: TestDatabase;
  let log: EventLog;
  let live: Lamps;
  let follower: LogFollower;

  beforeEach(async () => {
    db = await testDatabase();
    await db.pool.query(PARKED_SCHEMA + LAMPS_SCHEMA);
    log = await openLog(db);
    serve(new Lamps(db.pool));
  });
  afterEach(async () => {
    await follower.stop();
    await log.close();
    await db.drop();
  });

  function serve(projection: Lamps): void {
    live = projection;
    follower = new LogFollower({ log, sink: live, report: () => undefined });
    follower.start();
  }
  const write = (stream: string, from: number, to: number) =>
    log.append(Array.from({ length: to - from + 1 }, (_, i) => lit(stream, from + i)));
  async function fill(lamps: number, times: number): Promise<void> {
    for (let i = 0; i < lamps; i++) await write(`lamp-${i}`, 1, times);
    await follower.settled(log.head());
  }
  const rebuild = (options: Partial<RebuildOptions> = {}) =>
    rebuildBeside(live, { pool: db.pool, source: sourceOf(log), clock: systemClock, pageSize: 50, ...options });
  const schemas = async () =>
    (await db.pool.query(`select nspname from pg_namespace where nspname like 'rebuild%'`)).rows;
  const tableIds = async () =>
    (await db.pool.query(`select 'lamp'::regclass::oid as lamp, 'lamp_history'::regclass::oid as history`)).rows[0];
  /** That everything works as before, with these tables. */
  async function expectServing(): Promise<void> {
    const version =
      1 + (await db.pool.query(`select count(*)::int as n from lamp_history where stream = 'after'`)).rows[0].n;
    await write('after', version, version);
    await follower.settled(log.head());
    const rows = await lampRows(db.pool);
    await follower.stop();
    await live.reset(log.logId);
    serve(live);
    await follower.settled(log.head());
    expect(await lampRows(db.pool)).toEqual(rows);
  }

  it('gives equal tables, with everything that hangs on them', async () => {
    await fill(10, 7);
    const [before, shape, ids] = [await lampRows(db.pool), (await db.pool.query(LAMP_SHAPE)).rows, await tableIds()];
    const report = await rebuild();
    expect(report).toMatchObject({ outcome: 'switched', position: 70 });
    expect(report.tables.map(({ table, equal, rebuilt }) => [table, equal, rebuilt.rows])).toEqual([
      ['lamp', true, 10],
      ['lamp_history', true, 70],
    ]);
    expect(await lampRows(db.pool)).toEqual(before);
    expect((await db.pool.query(LAMP_SHAPE)).rows).toEqual(shape);
    expect(await tableIds()).not.toEqual(ids);
    expect(await schemas()).toEqual([]);
    await expectServing();
  });

  it('loses nothing that is written meanwhile, and tells listeners of the live one only what is live', async () => {
    await fill(5, 40);
    let writing = true;
    const writer = (async () => {
      for (let ver = 1; writing; ver++) await write('busy', ver, ver);
    })();
    const heardBefore = live.heard.length;
    for (let times = 0; times < 3; times++) expect((await rebuild({ pageSize: 7 })).outcome).toBe('switched');
    writing = false;
    await writer;
    await follower.settled(log.head());
    expect(live.heard.slice(heardBefore)).toEqual(Array.from({ length: log.head() - 200 }, (_, i) => 201 + i));
    const rows = await lampRows(db.pool);
    expect((rows[1] as unknown[]).length).toBe(log.head());
    await expectServing();
  });

  it('refuses when tables differ, says where, and leaves the live ones alone', async () => {
    await fill(4, 3);
    await db.pool.query(`update lamp set times = 9 where stream = 'lamp-1';
      delete from lamp where stream = 'lamp-2'; insert into lamp values ('ghost', 1, 0)`);
    const [rows, ids] = [await lampRows(db.pool), await tableIds()];
    const report = await rebuild();
    expect(report.outcome).toBe('refused');
    const [lamp, history] = report.tables;
    expect(history).toMatchObject({ table: 'lamp_history', equal: true, samples: null });
    expect(lamp).toMatchObject({ table: 'lamp', equal: false, live: { rows: 4 }, rebuilt: { rows: 4 } });
    expect(lamp!.samples).toHaveLength(3);
    expect(lamp!.samples).toEqual(
      expect.arrayContaining([
        { key: { stream: 'lamp-1' }, in: 'both', columns: ['times'] },
        { key: { stream: 'lamp-2' }, in: 'rebuilt only', columns: [] },
        { key: { stream: 'ghost' }, in: 'live only', columns: [] },
      ]),
    );
    expect(await lampRows(db.pool)).toEqual(rows);
    expect(await tableIds()).toEqual(ids);
    expect(await schemas()).toEqual([]);
    expect((await rebuild({ samples: 1 })).tables[0]!.samples).toHaveLength(1);
  });

  it('replaces tables that differ when it is told to', async () => {
    const code = goodCode();
    code.countsTwice = ({ stream }) => stream === 'lamp-1';
    await follower.stop();
    serve(new Lamps(db.pool, code));
    await fill(3, 5);
    code.countsTwice = () => false;
    expect((await rebuild()).outcome).toBe('refused');
    const report = await rebuild({ replace: true });
    expect(report).toMatchObject({ outcome: 'switched', tables: [{ table: 'lamp', equal: false }, { equal: true }] });
    expect((await db.pool.query(`select times from lamp where stream = 'lamp-1'`)).rows).toEqual([{ times: 5 }]);
    await expectServing();
  });

  describe.each(STEPS)('that throws when it is %s', (at) => {
    it('leaves tables that work, and nothing else', async () => {
      await fill(6, 20);
      const rows = await lampRows(db.pool);
      const crash = new Error('crash');
      const onStep = (step: RebuildStep) => {
        if (step === at) throw crash;
      };
      await expect(rebuild({ onStep })).rejects.toBe(crash);
      expect(await lampRows(db.pool)).toEqual(rows);
      expect(await schemas()).toEqual([]);
      await expectServing();
      expect((await rebuild()).outcome).toBe('switched');
    });
  });

  it.each(STEPS.slice(0, -1))('whose connections are killed when it is %s leaves tables that work', async (at) => {
    await fill(6, 20);
    const [rows, ids] = [await lampRows(db.pool), await tableIds()];
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rebuild_test.lamps'`;
    const onStep = async (step: RebuildStep) => {
      if (step !== at) return;
      await db.pool.query(kill);
      await until(async () => (await db.pool.query(kill)).rowCount === 0);
    };
    await expect(rebuild({ onStep })).rejects.toThrow();
    expect(await lampRows(db.pool)).toEqual(rows);
    expect(await tableIds()).toEqual(ids);
    await expectServing();
    // What a process that died could not clear away is cleared by the next start, or by the next rebuild.
    expect(await schemas()).toHaveLength(1);
    expect(await removeLeftovers(db.pool)).toEqual(['rebuild_test.lamps']);
    expect(await schemas()).toEqual([]);
  });

  it('clears away what an earlier one has left, and no schema of somebody else', async () => {
    await fill(2, 2);
    await db.pool.query('create schema rebuild_of_somebody_else');
    const onStep = async (step: RebuildStep) => {
      if (step !== 'held') return;
      await db.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rebuild_test.lamps'`,
      );
    };
    await expect(rebuild({ onStep })).rejects.toThrow();
    expect(await schemas()).toHaveLength(2);
    expect((await rebuild()).outcome).toBe('switched');
    expect(await removeLeftovers(db.pool)).toEqual([]);
    expect(await schemas()).toEqual([{ nspname: 'rebuild_of_somebody_else' }]);
  });

  it('is one at a time, and leftovers of one that runs are left alone', async () => {
    await fill(2, 2);
    let second: unknown;
    const onStep = async (step: RebuildStep) => {
      if (step !== 'filled') return;
      expect(await removeLeftovers(db.pool)).toEqual([]);
      second = await rebuild().catch((error: unknown) => error);
    };
    expect((await rebuild({ onStep })).outcome).toBe('switched');
    expect(second).toMatchObject({ code: 'REBUILD_RUNS' });
  });

  it('keeps named statements of other connections working', async () => {
    await fill(3, 3);
    const other = await connectTo(db.url);
    const ask = () =>
      other.query({ name: 'lamps_of', text: 'select * from lamp where stream = $1', values: ['lamp-1'] });
    // Often enough for a plan that is kept.
    for (let i = 0; i < 8; i++) await ask();
    const before = (await ask()).rows;
    await rebuild();
    expect((await ask()).rows).toEqual(before);
    await other.query({ name: 'lamps_more', text: `update lamp set times = 50 where stream = $1`, values: ['lamp-1'] });
    await rebuild({ replace: true });
    expect((await ask()).rows).toEqual(before);
    await other.end();
  });

  it('waits for those who read as of a moment in the past, lest they find rows missing', async () => {
    await fill(3, 3);
    const reader = await connectTo(db.url);
    await reader.query('begin isolation level repeatable read read only');
    await reader.query('select 1');
    let waits = 0;
    let found: unknown[] = [];
    const report = await rebuild({
      timers: {
        after: (_, run) => {
          // It is waiting for the reader, who has not looked at the tables until now.
          if (++waits === 3)
            void reader
              .query('select * from lamp_history')
              .then(({ rows }) => {
                found = rows;
              })
              .then(() => reader.query('commit'));
          const turn = setImmediate(run);
          return () => clearImmediate(turn);
        },
      },
    });
    expect(report.outcome).toBe('switched');
    expect(found).toHaveLength(9);
    expect(waits).toBeGreaterThanOrEqual(3);
    await reader.end();
  });

  it('gives up, and says because of whom, when they read for too long; the live one goes on meanwhile', async () => {
    await fill(3, 3);
    const reader = new pg.Client({ connectionString: db.url, application_name: 'backup' });
    await reader.connect();
    await reader.query('begin isolation level repeatable read read only');
    await reader.query('select * from lamp');
    const ids = await tableIds();
    await expect(rebuild({ patienceMs: 0 })).rejects.toMatchObject({
      code: 'READERS_IN_THE_WAY',
      message: expect.stringContaining('backup (pid '),
    });
    expect(await tableIds()).toEqual(ids);
    await expectServingWithout(reader);
  });

  async function expectServingWithout(reader: pg.Client): Promise<void> {
    await reader.query('commit');
    await reader.end();
    await expectServing();
  }

  it('does not run ahead of a live projection that is behind', async () => {
    await fill(3, 10);
    await follower.stop();
    await write('later', 1, 30);
    const report = await rebuild();
    expect(report).toMatchObject({ outcome: 'switched', position: 30 });
    follower.start();
    await follower.settled(60);
    await expectServing();
  });

  it('ends when the log becomes another one meanwhile', async () => {
    await fill(3, 10);
    const onStep = async (step: RebuildStep) => {
      if (step === 'prepared') await live.reset('restored');
    };
    await follower.stop();
    await expect(rebuild({ onStep })).rejects.toMatchObject({ code: 'PROJECTION_RESET' });
    follower.start();
    await expectServing();
  });

  it('refuses tables that have been migrated meanwhile', async () => {
    await fill(3, 3);
    const onStep = async (step: RebuildStep) => {
      if (step === 'filled') await db.pool.query('create index lamp_times on lamp (times)');
    };
    await expect(rebuild({ onStep })).rejects.toMatchObject({ code: 'TABLES_CHANGED' });
    expect((await rebuild()).outcome).toBe('switched');
  });

  it.each([
    ['a foreign key', 'create table shade (lamp text references lamp)', 'foreign key'],
    ['a view', 'create view lit_lamps as select * from lamp', 'lit_lamps'],
    [
      'a trigger',
      `create trigger t before update on lamp for each row execute function suppress_redundant_updates_trigger()`,
      'trigger t',
    ],
    ['a serial column', 'alter table lamp add column n serial', 'sequence'],
    ['row security', 'alter table lamp enable row level security', 'row security'],
  ])('refuses tables on which %s hangs', async (_, sql, said) => {
    await fill(1, 1);
    await db.pool.query(sql);
    await expect(rebuild()).rejects.toMatchObject({
      code: 'TABLES_UNSUITABLE',
      message: expect.stringContaining(said),
    });
    expect(await schemas()).toEqual([]);
  });

  it('cannot touch a table that the projection has not declared', async () => {
    await fill(2, 2);
    const forgetful = new Lamps(db.pool);
    Object.assign(forgetful, { tables: ['lamp'] });
    const rows = await lampRows(db.pool);
    await expect(
      rebuildBeside(forgetful, { pool: db.pool, source: sourceOf(log), clock: systemClock }),
    ).rejects.toThrow('relation "lamp_history" does not exist');
    expect(await lampRows(db.pool)).toEqual(rows);
  });

  it('says why a projection is never rebuilt, and that one has not begun', async () => {
    const never = Object.assign(new Lamps(db.pool), { rebuilding: { never: 'it sends letters' } });
    const options = { pool: db.pool, source: sourceOf(log), clock: systemClock };
    await expect(rebuildBeside(never, options)).rejects.toMatchObject({
      code: 'NEVER_REBUILT',
      message: expect.stringContaining('letters'),
    });
    const fresh = Object.assign(new Lamps(db.pool), { name: 'test.fresh' });
    await expect(rebuildBeside(fresh, options)).rejects.toMatchObject({ code: 'NOT_BEGUN' });
  });

  it('tells how far it is', async () => {
    await fill(5, 100);
    const told: number[] = [];
    const states = new Set<string>();
    await rebuild({
      onProgress: ({ state, position, target }) => {
        states.add(state);
        told.push(position / target);
      },
    });
    expect([...states]).toEqual(['filling', 'exchanging', 'done']);
    expect(told.at(-1)).toBe(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  it('makes good what was parked, and keeps parked what still cannot be applied', async () => {
    const code = goodCode();
    code.examine = ({ stream }) => {
      if (stream === 'lamp-1' || stream === 'lamp-3') throw new Error('poison');
    };
    await follower.stop();
    serve(new Lamps(db.pool, code, true));
    await fill(5, 4);
    expect(await parkedCounts(db.pool)).toEqual(new Map([['test.lamps', 8]]));
    code.examine = ({ stream }) => {
      if (stream === 'lamp-3') throw new Error('poison');
    };
    expect(await rebuild()).toMatchObject({ outcome: 'refused', parked: { live: 8, rebuilt: 4 } });
    expect(await parkedCounts(db.pool)).toEqual(new Map([['test.lamps', 8]]));
    expect((await rebuild({ replace: true })).outcome).toBe('switched');
    expect(await parkedCounts(db.pool)).toEqual(new Map([['test.lamps', 4]]));
    expect((await db.pool.query(`select distinct stream from parked`)).rows).toEqual([{ stream: 'lamp-3' }]);
    await write('lamp-3', 5, 5);
    await write('lamp-1', 5, 5);
    await follower.settled(log.head());
    expect(await parkedCounts(db.pool)).toEqual(new Map([['test.lamps', 5]]));
    expect((await db.pool.query(`select times from lamp where stream = 'lamp-1'`)).rows).toEqual([{ times: 5 }]);
  });
});
