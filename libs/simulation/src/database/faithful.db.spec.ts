import { randomBytes } from 'node:crypto';
import {
  advanceCursor,
  CURRENT_LOG_SCHEMA,
  EventLog,
  inTransaction,
  moveCursor,
  readCursor,
  resetLogIdentity,
  writeCursor,
} from '@ganglion/event-store';
import { makeIds, systemClock, systemTimers, type Clock, type Timers } from '@ganglion/kernel';
import pg from 'pg';
import { Life } from '../time/life.js';
import { Random } from '../time/random.js';
import { Scheduler } from '../time/scheduler.js';
import { Trace } from '../time/trace.js';
import { DatabaseRoute, SimPool } from './connections.js';
import { DatabaseServer } from './database-server.js';

// The simulated database is only worth something if it does what Postgres does: the same random history on both, statement by
// statement, through the event store's own code, must give the same answers.

interface Side {
  pool: pg.Pool;
  connect: () => Promise<pg.Client>;
  clock: Clock;
  timers: Timers;
  /** Resolves with what the work gives, while the side's time goes on. */
  settled: <T>(work: Promise<T>) => Promise<T>;
  end: () => Promise<void>;
}

async function postgres(): Promise<Side> {
  const server = process.env['GANGLION_TEST_POSTGRES_URL'];
  if (!server) throw new Error('GANGLION_TEST_POSTGRES_URL is not set: run through npm test');
  const name = `faithful_${randomBytes(8).toString('hex')}`;
  const admin = new pg.Client(server);
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 4 });
  await pool.query(CURRENT_LOG_SCHEMA);
  return {
    pool,
    connect: async () => {
      const client = new pg.Client(url.href);
      await client.connect();
      return client;
    },
    clock: systemClock,
    timers: systemTimers,
    settled: (work) => work,
    end: async () => {
      await pool.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

function simulated(): Side {
  const [scheduler, trace, random] = [new Scheduler(), new Trace(), new Random(1, 'faithful')];
  const life = new Life('one', { scheduler, trace, touched: () => undefined }, random.of('life'), 1);
  const server = new DatabaseServer('simulated', {
    scheduler,
    trace,
    random,
    rules: { epochs: true, logIds: true },
    committed: () => undefined,
    broken: (error) => {
      throw error;
    },
  });
  const route = new DatabaseRoute(life, server);
  return {
    pool: new SimPool(route).asPool(),
    connect: async () => (await route.open()).asClient(),
    clock: life.clock,
    timers: life.timers,
    settled: async (work) => {
      let over = false;
      const mark = () => void (over = true);
      work.then(mark, mark);
      await scheduler.run(scheduler.nowMs + 60_000, () => over);
      return work;
    },
    end: async () => undefined,
  };
}

/** What is made up differently on every database, by the order in which it appears. */
class Names {
  private readonly known = new Map<string, string>();

  plain(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value ?? null), (key, inner: unknown) => {
      if (key === 'logId') return this.name(String(inner));
      return key === 'id' || key === 'atMs' ? undefined : inner;
    });
  }

  name(logId: string): string {
    if (!this.known.has(logId)) this.known.set(logId, `log identity ${this.known.size + 1}`);
    return this.known.get(logId)!;
  }
}

const SHARDS = [0, 1, 2, 3];

/** Two processes with the same log open, and a hand on the cursors. */
class Story {
  private readonly names = new Names();
  private logs: EventLog[] = [];
  private readonly versions = new Map<string, number>();

  constructor(private readonly side: Side) {}

  /** Also anew, when the log has another identity. */
  async open(): Promise<void> {
    const { pool, connect, clock, timers } = this.side;
    const ids = makeIds(() => clock.nowMs());
    const open = (holder: string) =>
      EventLog.open({
        pool,
        connect,
        service: 'auth',
        log: 'auth',
        types: { 'thing.happened': { v: 1 } },
        clock,
        ids,
        timers,
        holder,
        report: () => undefined,
      });
    this.logs = [await open('one'), await open('two')];
  }

  async close(): Promise<void> {
    for (const log of this.logs) await log.close();
  }

  /** @param chance  draws the same on both sides @returns what came of it, in words that are the same on both sides */
  async next(chance: Random): Promise<unknown> {
    const [kind, log, shards, a, b] = [
      chance.int(0, 12),
      chance.oneOf(this.logs),
      some(chance),
      chance.int(0, 9),
      chance.int(0, 9),
    ];
    try {
      return this.names.plain(await this.side.settled(this.step(kind, log, shards, a, b)));
    } catch (error) {
      const { name, code, vshards } = error as { name: string; code?: string; vshards?: number[] };
      return { refused: code ?? name, vshards };
    }
  }

  private async step(kind: number, log: EventLog, shards: number[], a: number, b: number): Promise<unknown> {
    const { pool } = this.side;
    const at = { logId: log.logId, pos: a };
    const cursor = `cursor-${b % 2}`;
    switch (kind) {
      case 0:
        return [await log.claim(shards, { leaseMs: 600_000, onlyFree: a < 7 }), log.owned()];
      case 1:
        return [await log.release(shards), log.owned()];
      case 2: {
        const { kept, taken, candidates } = await log.look(600_000);
        return { kept, taken, candidates: candidates.map((name) => name.split('#')[0]) };
      }
      case 3:
      case 4:
      case 5:
        return this.append(log, shards[0] ?? 0, a);
      case 6:
        return log.readAfter(a, b + 1);
      case 7:
        return log.readStream(`thing-${a % 3}`, b % 3, a < 5 ? 2 : undefined);
      case 8:
        await (a < 5 ? advanceCursor(pool, cursor, at) : writeCursor(pool, cursor, at));
        return readCursor(pool, cursor);
      case 9: {
        const now = await readCursor(pool, cursor);
        const moved = await inTransaction(pool, (tx) =>
          moveCursor(tx, cursor, log.logId, b < 7 ? (now?.pos ?? 0) : a, a + 1),
        );
        return [moved, await readCursor(pool, cursor)];
      }
      case 10:
        return log.refreshHead();
      default:
        return a === 0 ? this.anotherIdentity() : readCursor(pool, cursor);
    }
  }

  private append(log: EventLog, vshard: number, a: number): Promise<unknown> {
    const stream = `thing-${a % 3}`;
    const ver = (this.versions.get(stream) ?? 0) + (a === 8 ? 0 : 1);
    const meta = { actor: 'system', correlationId: 'c' };
    const events = [{ stream, ver, vshard, type: 'thing.happened', data: { a }, meta }];
    return log.append(events).then((stored) => {
      this.versions.set(stream, ver);
      return stored;
    });
  }

  private async anotherIdentity(): Promise<unknown> {
    const logId = await resetLogIdentity(this.side.pool, 'auth');
    for (const log of this.logs) await log.close();
    await this.open();
    return { logId };
  }
}

function some(chance: Random): number[] {
  const drawn = SHARDS.filter(() => chance.chance(0.5));
  return drawn.length > 0 ? drawn : [0];
}

describe('the simulated database', () => {
  it.each([1, 2, 3, 4, 5, 6])('answers as Postgres does, history %i', async (seed) => {
    const sides = [await postgres(), simulated()];
    const stories = sides.map((side) => new Story(side));
    for (const [i, story] of stories.entries()) await sides[i]!.settled(story.open());
    const chances = sides.map(() => new Random(seed, 'history'));
    for (let step = 0; step < 150; step++) {
      const [real, simulated] = [await stories[0]!.next(chances[0]!), await stories[1]!.next(chances[1]!)];
      expect({ step, answer: simulated }).toEqual({ step, answer: real });
    }
    for (const [i, side] of sides.entries()) {
      await side.settled(stories[i]!.close());
      await side.end();
    }
  });
});
