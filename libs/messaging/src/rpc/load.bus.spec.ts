import { systemClock } from '@ganglion/kernel';
import { Controller } from '@nestjs/common';
import type { Bus } from '../bus/bus.js';
import { TestDeployment, until } from '../testing/deployment.fixture.js';
import { startService } from '../testing/nest.fixture.js';
import type { RemoteError } from '../wire/errors.js';
import { OnCommand, OnEach, OnQuery } from './patterns.js';
import { RpcClient } from './rpc-client.js';

const deployment = new TestDeployment();
let bus: Bus;
let rpc: RpcClient;

beforeAll(async () => {
  bus = await deployment.bus();
  rpc = new RpcClient({ bus: await deployment.bus(), clock: systemClock });
});
afterAll(() => deployment.close());

/** Handlers that end when the test says so. */
function held() {
  const waiting: (() => void)[] = [];
  let releaseAll = false;
  return {
    started: () => waiting.length,
    enter: () => new Promise<string>((resolve) => (releaseAll ? resolve('done') : waiting.push(() => resolve('done')))),
    release: () => {
      releaseAll = true;
      for (const go of waiting) go();
    },
  };
}

describe('a subject under too much load', () => {
  it('refuses at once with 429 what neither runs nor fits the queue, and answers all the rest', async () => {
    const gate = held();
    @Controller()
    class Slow {
      @OnQuery('slow')
      slow() {
        return gate.enter();
      }
      @OnQuery('quick')
      quick() {
        return 'quick';
      }
    }
    const { app, server } = await startService({ bus, service: 'rooms', maxConcurrent: 2, maxQueued: 3 }, [Slow]);
    const refused: RemoteError[] = [];
    const calls = Array.from({ length: 9 }, () =>
      rpc.query('rooms', 'slow', {}).catch((error: RemoteError) => void refused.push(error)),
    );
    await until(() => refused.length === 4);
    expect(gate.started()).toBe(2);
    expect(server.load()).toEqual({ inFlight: 5, queued: 3, refused: 4, late: 0 });
    for (const { status, body } of refused) {
      expect(status).toBe(429);
      expect(body).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: expect.any(Number) });
    }
    expect(await rpc.query('rooms', 'quick', {})).toBe('quick');
    gate.release();
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(5);
    expect(server.load()).toEqual({ inFlight: 0, queued: 0, refused: 4, late: 0 });
    await app.close();
  });

  it('does not run what has waited past its deadline', async () => {
    const gate = held();
    let ran = 0;
    @Controller()
    class Slow {
      @OnQuery('slow')
      slow() {
        ran++;
        return gate.enter();
      }
    }
    const { app, server } = await startService({ bus, service: 'rooms', maxConcurrent: 1, maxQueued: 5 }, [Slow]);
    const first = rpc.query('rooms', 'slow', {});
    await until(() => ran === 1);
    await expect(rpc.query('rooms', 'slow', {}, { budgetMs: 100 })).rejects.toMatchObject({ status: 504 });
    await until(() => server.load().inFlight === 1);
    expect(server.load().late).toBe(1);
    gate.release();
    await first;
    await app.close();
    expect(ran).toBe(1);
  });
});

describe('a process that is late with everything', () => {
  it('refuses whoever waits for an answer, not who waits for none nor who watches over it, until it has caught up', async () => {
    let isLate = true;
    const told: unknown[] = [];
    @Controller()
    class Busy {
      @OnQuery('ask')
      ask() {
        return 'answer';
      }
      @OnCommand('told')
      told(body: unknown) {
        told.push(body);
      }
      @OnEach('health')
      health() {
        return 'alive';
      }
    }
    const { app, server } = await startService({ bus, service: 'rooms', overloaded: () => isLate }, [Busy]);
    await expect(rpc.query('rooms', 'ask', {})).rejects.toMatchObject({
      status: 429,
      body: { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: expect.any(Number) },
    });
    rpc.tell('rooms', 1, 'told', 'once');
    await until(() => told.length === 1);
    expect(await rpc.each('rooms', 'health', {}, { expectMs: 2_000, enough: () => true })).toEqual(['alive']);
    expect(server.load()).toMatchObject({ inFlight: 0, refused: 1 });
    isLate = false;
    expect(await rpc.query('rooms', 'ask', {})).toBe('answer');
    await app.close();
  });
});

describe('stopping', () => {
  it('waits for the requests that are running and for their answers to be out', async () => {
    const gate = held();
    @Controller()
    class Slow {
      @OnCommand('slow')
      slow() {
        return gate.enter();
      }
    }
    const { app } = await startService({ bus, service: 'accounting' }, [Slow]);
    const call = rpc.command('accounting', 1, 'slow', {});
    await until(() => gate.started() === 1);
    let closed = false;
    const closing = app.close().then(() => (closed = true));
    // It takes no more, and that for a while: long enough for a close that does not wait to have ended.
    await expect(rpc.command('accounting', 1, 'slow', {}, { budgetMs: 200 })).rejects.toMatchObject({ status: 503 });
    expect(closed).toBe(false);
    gate.release();
    expect(await call).toBe('done');
    await closing;
  });

  it('does not wait longer than the callers do', async () => {
    const gate = held();
    @Controller()
    class Hanging {
      @OnQuery('hang')
      hang() {
        return gate.enter();
      }
    }
    const { app, logged } = await startService({ bus, service: 'accounting' }, [Hanging]);
    const call = rpc.query('accounting', 'hang', {}, { budgetMs: 200, requestId: 'stuck' });
    await until(() => gate.started() === 1);
    await Promise.all([app.close(), expect(call).rejects.toMatchObject({ status: 504 })]);
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 40, reqId: 'stuck', subject: 'qry.accounting.hang' }),
    );
    gate.release();
  });

  it('loses none of the requests of two instances while one stops and starts under load', async () => {
    const executed = new Map<number, number>();
    const instance = async () => {
      @Controller()
      class Counting {
        @OnCommand('count')
        async count({ n }: { n: number }) {
          // A few turns, so that there always are some in flight.
          for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
          executed.set(n, (executed.get(n) ?? 0) + 1);
          return n;
        }
      }
      return await startService({ bus: await deployment.bus(), service: 'moderation' }, [Counting]);
    };
    const steady = await instance();
    let going = true;
    let next = 0;
    const wrong: unknown[] = [];
    const caller = async () => {
      while (going) {
        const n = next++;
        try {
          if ((await rpc.command('moderation', n % 64, 'count', { n })) !== n) wrong.push(n);
        } catch (error) {
          wrong.push(error);
        }
      }
    };
    const callers = Array.from({ length: 32 }, caller);
    for (let round = 0; round < 4; round++) {
      const passing = await instance();
      const from = next;
      await until(() => next > from + 500);
      await passing.app.close();
    }
    going = false;
    await Promise.all(callers);
    await steady.app.close();
    expect(wrong).toEqual([]);
    expect(executed.size).toBe(next);
    expect([...executed.values()].every((times) => times === 1)).toBe(true);
  });
});

describe('virtual shards', () => {
  it('are served by their owner only, and move', async () => {
    const instance = async (name: string, vshards: ReadonlySet<number>) => {
      @Controller()
      class Owner {
        @OnCommand('who')
        who() {
          return name;
        }
      }
      return await startService({ bus: await deployment.bus(), service: 'appservice', vshards }, [Owner]);
    };
    const a = await instance('a', new Set([1, 2]));
    const b = await instance('b', new Set([3]));
    const who = (vshard: number) => rpc.command('appservice', vshard, 'who', {}, { budgetMs: 5_000 });
    expect([await who(1), await who(2), await who(3)]).toEqual(['a', 'a', 'b']);
    await b.server.setOwnedShards(new Set([2, 3]));
    await a.server.setOwnedShards(new Set([1]));
    expect([await who(1), await who(2), await who(3)]).toEqual(['a', 'b', 'b']);
    await expect(rpc.command('appservice', 4, 'who', {}, { budgetMs: 60 })).rejects.toMatchObject({ status: 503 });
    await a.server.setOwnedShards('all');
    expect(await who(4)).toBe('a');
    await Promise.all([a.app.close(), b.app.close()]);
  });

  it('wait for an owner that is just coming', async () => {
    const call = rpc.command('gateway', 7, 'late', {});
    @Controller()
    class Late {
      @OnCommand('late')
      late() {
        return 'here';
      }
    }
    const { app } = await startService({ bus, service: 'gateway' }, [Late]);
    expect(await call).toBe('here');
    await app.close();
  });
});
