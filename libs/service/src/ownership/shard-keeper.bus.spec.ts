import { randomBytes } from 'node:crypto';
import { connectTo, CURRENT_LOG_SCHEMA, EventLog } from '@ganglion/event-store';
import { makeIds, systemClock, VSHARDS } from '@ganglion/kernel';
import { Bus } from '@ganglion/messaging';
import { createLogger } from '@ganglion/observability';
import pg from 'pg';
import { Leadership } from './leadership.js';
import { ShardKeeper } from './shard-keeper.js';
import type { Sharding } from './share.js';

const logger = createLogger('test', 'silent');

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error('This suite needs Postgres and NATS: run it through `npm test -- libs/service`.');
  return value;
}

/** Processes of one service on one database. */
describe('ownership of a log', () => {
  const admin = () => fromEnvironment('GANGLION_TEST_POSTGRES_URL');
  const name = `t${randomBytes(6).toString('hex')}`;
  const closes: (() => Promise<unknown>)[] = [];
  let pool: pg.Pool;
  let url: URL;

  beforeEach(async () => {
    await onServer(`create database ${name}`);
    url = new URL(admin());
    url.pathname = `/${name}`;
    pool = new pg.Pool({ connectionString: url.href });
    await pool.query(CURRENT_LOG_SCHEMA);
  });
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
    await pool.end();
    await onServer(`drop database ${name} with (force)`);
  });

  async function onServer(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: admin() });
    await client.connect();
    await client.query(statement);
    await client.end();
  }

  async function startProcess(instance: string, sharding: Sharding = 'spread') {
    const bus = await Bus.connect({
      url: fromEnvironment('GANGLION_TEST_NATS_URL'),
      prefix: name,
      name: instance,
      report: () => undefined,
    });
    const log = await EventLog.open({
      pool,
      connect: () => connectTo(url.href),
      service: 'auth',
      log: 'auth',
      types: { 'test.done': { v: 1 } },
      clock: systemClock,
      ids: makeIds(() => systemClock.nowMs()),
      holder: instance,
    });
    const leadership = new Leadership(logger);
    const said: string[] = [];
    leadership.during({ name: 'work', start: () => void said.push('leads'), stop: () => void said.push('led') });
    let served: ReadonlySet<number> = new Set();
    let changed = () => {};
    const serve = async (owned: ReadonlySet<number>) => {
      served = owned;
      changed();
    };
    const keeper = new ShardKeeper({ log, instance, sharding, bus, leadership, serve, logger });
    await keeper.start();
    const until = async (is: () => boolean) => {
      while (!is()) await new Promise<void>((resolve) => (changed = resolve));
    };
    let stopped = false;
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      await keeper.stop();
      await log.close();
      await bus.close();
    };
    closes.push(stop);
    return { log, keeper, leadership, said, stop, until, bus, served: () => served.size };
  }
  type Process = Awaited<ReturnType<typeof startProcess>>;
  const append = ({ log }: Process, vshard: number, stream = randomBytes(4).toString('hex')) =>
    log.append([
      { stream, ver: 1, vshard, type: 'test.done', data: {}, meta: { actor: 'test', correlationId: 'test' } },
    ]);

  it('is one process’s alone, is shared with the next, and all its again when that one stops', async () => {
    const first = await startProcess('first');
    expect([first.served(), first.said]).toEqual([VSHARDS, ['leads']]);
    const second = await startProcess('second');
    await second.until(() => second.served() === VSHARDS / 2);
    await first.until(() => first.served() === VSHARDS / 2);
    const [mine] = second.log.owned();
    await append(second, mine!);
    await expect(append(first, mine!)).rejects.toMatchObject({ code: 'FENCED', vshards: [mine] });
    expect(second.leadership.leads()).toBe(false);
    await second.stop();
    await first.until(() => first.served() === VSHARDS);
    await append(first, mine!);
    // It has heard of what the other has written.
    expect(first.log.head()).toBe(2);
    expect(first.keeper.problems()).toEqual([]);
  });

  it('goes to the next when the leader stops, the work of the leader too', async () => {
    const [first, second] = [await startProcess('first'), await startProcess('second')];
    await first.stop();
    expect(first.said).toEqual(['leads', 'led']);
    await second.until(() => second.served() === VSHARDS && second.leadership.leads());
    expect(second.said).toEqual(['leads']);
  });

  it('stays with the leader where the service is not spread', async () => {
    const [first, second] = [await startProcess('first', 'leader'), await startProcess('second', 'leader')];
    expect([first.served(), second.served()]).toEqual([VSHARDS, 0]);
    await first.stop();
    await second.until(() => second.served() === VSHARDS);
  });

  it('of a process that died is free when its leases have run out, and the dead one cannot write any more', async () => {
    const [dead, next] = [await startProcess('dead'), await startProcess('next')];
    await next.until(() => next.served() === VSHARDS / 2);
    const had = dead.log.owned()[0]!;
    // Frozen: it neither looks nor hears.
    const thaws: ((reason: Error) => void)[] = [];
    jest.spyOn(dead.log, 'look').mockImplementation(() => new Promise((_, reject) => thaws.push(reject)));
    await next.until(() => next.served() === VSHARDS);
    await append(next, had);
    await expect(append(dead, had)).rejects.toMatchObject({ code: 'FENCED' });
    expect(dead.log.ownsSurely(had)).toBe(false);
    jest.restoreAllMocks();
    for (const thaw of thaws) thaw(new Error('thawed'));
  });
});
