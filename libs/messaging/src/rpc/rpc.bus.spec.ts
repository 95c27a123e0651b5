import { Refusal, systemClock } from '@ganglion/kernel';
import type { Requester } from '@ganglion/contracts';
import {
  Catch,
  Controller,
  Injectable,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { headers as newHeaders } from '@nats-io/nats-core';
import { Ctx, Payload } from '@nestjs/microservices';
import { concat, map, of, throwError, type Observable } from 'rxjs';
import type { Bus } from '../bus/bus.js';
import { TestDeployment, until } from '../testing/deployment.fixture.js';
import { startService, type TestService } from '../testing/nest.fixture.js';
import { RemoteError } from '../wire/errors.js';
import { currentCall, startCall } from './current-call.js';
import { OnCommand, OnEach, OnQuery } from './patterns.js';
import { RpcClient } from './rpc-client.js';
import { RpcContext } from './rpc-context.js';

@Injectable()
class OnlyAdults implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getData<{ age: number }>().age >= 18;
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(_context: ExecutionContext, next: { handle(): Observable<number> }): Observable<number> {
    return next.handle().pipe(map((value) => value * 2));
  }
}

class Teapot extends Error {}

@Catch(Teapot)
class TeapotFilter implements ExceptionFilter {
  catch(): Observable<unknown> {
    return throwError(() => new Refusal('TEAPOT', 'conflict', 'short and stout', 'M_TEAPOT'));
  }
}

const hanging: RpcContext[] = [];
const told: number[] = [];
let commands = 0;

@Controller()
class Everything {
  constructor(private readonly rpc: RpcClient) {}

  @OnQuery('echo')
  echo(body: unknown) {
    return body;
  }
  @OnQuery('room.members')
  dotted() {
    return Promise.resolve(['@a:x']);
  }
  @OnQuery('nothing')
  nothing(): void {}
  @OnQuery('stream')
  stream() {
    return concat(of(1), of(2));
  }
  @OnQuery('refused')
  refused() {
    throw new Refusal('USER_LOCKED', 'unauthenticated', 'locked', 'M_USER_LOCKED', { soft_logout: true });
  }
  @OnQuery('broken')
  broken() {
    throw new Error('the secret is hunter2');
  }
  @OnQuery('late_stream_error')
  lateStreamError() {
    return concat(
      of(1),
      throwError(() => new Refusal('X', 'too-large', 'too much')),
    );
  }
  @UseGuards(OnlyAdults)
  @OnQuery('guarded')
  guarded() {
    return 'come in';
  }
  @UseInterceptors(Doubling)
  @OnQuery('doubled')
  doubled(@Payload(ParseIntPipe) value: number) {
    return value;
  }
  @UseFilters(TeapotFilter)
  @OnQuery('filtered')
  filtered() {
    throw new Teapot();
  }
  @OnQuery('hang')
  hang(@Ctx() context: RpcContext) {
    hanging.push(context);
    return new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason)));
  }
  @OnQuery('context')
  context(@Payload() _body: unknown, @Ctx() { requestId, minPos, principal, subject }: RpcContext) {
    return { requestId, minPos, principal, subject };
  }
  @OnQuery('current')
  current() {
    const call = currentCall();
    return { requestId: call?.requestId, remainingMs: call?.remainingMs(), traceparent: call?.traceparent };
  }
  @OnQuery('outer')
  outer() {
    return this.rpc.query('auth', 'current', {}, { budgetMs: 60_000 });
  }
  @OnCommand('add')
  add({ by }: { by: number }, @Ctx() _context?: RpcContext) {
    commands += by;
    return commands;
  }
  @OnCommand('shard')
  shard(@Ctx() { subject }: RpcContext) {
    return subject;
  }
  @OnCommand('note')
  note({ n }: { n: number }) {
    told.push(n);
  }
  @OnEach('who')
  who() {
    return 'me';
  }
  @OnEach('grumpy')
  grumpy() {
    throw new Refusal('X', 'unavailable', 'no');
  }
}

const deployment = new TestDeployment();
let bus: Bus;
let rpc: RpcClient;
let service: TestService;

beforeAll(async () => {
  bus = await deployment.bus();
  rpc = new RpcClient({ bus: await deployment.bus(), clock: systemClock });
  const providers = [{ provide: RpcClient, useValue: new RpcClient({ bus, clock: systemClock }) }];
  service = await startService({ bus, service: 'auth' }, [Everything], providers);
});
afterAll(async () => {
  await service.app.close();
  await deployment.close();
});

const errorOf = (call: Promise<unknown>): Promise<RemoteError> =>
  call.then(
    (value) => {
      throw new Error(`an error was expected, not ${JSON.stringify(value)}`);
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(RemoteError);
      return error as RemoteError;
    },
  );

describe('an answer', () => {
  it('is the value of the handler and nothing around it', async () => {
    const odd = { a: [1, null, 'ü\u0000\ud800'], __proto__x: { constructor: 1 } };
    expect(await rpc.query('auth', 'echo', odd)).toEqual(odd);
    expect(await rpc.query('auth', 'echo', null)).toBeNull();
    expect(await rpc.query('auth', 'room.members', {})).toEqual(['@a:x']);
  });

  it('is undefined when the handler gives nothing', async () => {
    expect(await rpc.query('auth', 'nothing', {})).toBeUndefined();
  });

  it('is the last value of a stream', async () => {
    expect(await rpc.query('auth', 'stream', {})).toBe(2);
  });

  it('passes through interceptors and pipes of Nest', async () => {
    expect(await rpc.query('auth', 'doubled', '21')).toBe(42);
  });
});

describe('an error', () => {
  it('of a refusal keeps status, errcode and details', async () => {
    const { status, body } = await errorOf(rpc.query('auth', 'refused', {}));
    expect(status).toBe(401);
    expect(body).toEqual({ errcode: 'M_USER_LOCKED', error: 'locked', soft_logout: true });
  });

  it('of a bug says the request id and nothing else, and is logged with its stack', async () => {
    const { status, body } = await errorOf(rpc.query('auth', 'broken', {}, { requestId: 'r-77' }));
    expect(status).toBe(500);
    expect(body).toEqual({
      errcode: 'M_UNKNOWN',
      error: 'Internal server error',
      'io.ganglion.request_id': 'r-77',
    });
    const line = service.logged.find(({ reqId }) => reqId === 'r-77');
    expect(line).toMatchObject({ level: 50, subject: 'qry.auth.broken' });
    expect((line!['err'] as { stack: string }).stack).toContain('rpc.bus.spec');
  });

  it('of a guard that says no is 403', async () => {
    expect(await rpc.query('auth', 'guarded', { age: 18 })).toBe('come in');
    expect(await errorOf(rpc.query('auth', 'guarded', { age: 17 }))).toMatchObject({
      status: 403,
      body: { errcode: 'M_FORBIDDEN' },
    });
  });

  it('of a pipe is 400', async () => {
    expect(await errorOf(rpc.query('auth', 'doubled', 'x'))).toMatchObject({
      status: 400,
      body: { errcode: 'M_INVALID_PARAM' },
    });
  });

  it('passes through a filter of the method before the global one', async () => {
    expect(await errorOf(rpc.query('auth', 'filtered', {}))).toMatchObject({
      status: 409,
      body: { errcode: 'M_TEAPOT', error: 'short and stout' },
    });
  });

  it('counts even after a stream has given values', async () => {
    expect(await errorOf(rpc.query('auth', 'late_stream_error', {}))).toMatchObject({ status: 413 });
  });

  it('is 404 M_UNRECOGNIZED for an operation that does not exist', async () => {
    const unknown = { status: 404, body: { errcode: 'M_UNRECOGNIZED' } };
    expect(await errorOf(rpc.query('auth', 'no_such', {}))).toMatchObject(unknown);
    expect(await errorOf(rpc.command('auth', 1, 'no_such', {}))).toMatchObject(unknown);
    expect(await errorOf(rpc.command('auth', 64, 'add', { by: 1 }))).toMatchObject(unknown);
  });

  it('is 503 with a time to come back when nobody serves', async () => {
    const error = await errorOf(rpc.query('accounting', 'echo', {}, { budgetMs: 120 }));
    expect(error).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN', retry_after_ms: 1_000 } });
  });

  it('is 504 at the deadline; the handler hears of it, too', async () => {
    const startedMs = systemClock.monotonicMs();
    const error = await errorOf(rpc.query('auth', 'hang', {}, { budgetMs: 150 }));
    expect(error).toMatchObject({ status: 504, body: { errcode: 'M_UNKNOWN' } });
    expect(systemClock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(150);
    await until(() => hanging.at(-1)!.signal.aborted);
    expect(hanging.at(-1)!.remainingMs()).toBeLessThanOrEqual(0);
  });
});

describe('a call that nobody waits for', () => {
  it('is not executed when its budget is spent', async () => {
    const before = commands;
    const other = new RpcClient({ bus, clock: systemClock });
    await expect(other.command('auth', 1, 'add', { by: 1 }, { budgetMs: 0 })).rejects.toMatchObject({ status: 504 });
    const reply = await new Promise<RemoteError['body']>((resolve) => {
      const inbox = bus.newInbox();
      bus.subscribeTo(inbox, (message) => {
        expect(message.headers!.get('err-status')).toBe('504');
        resolve(message.json<RemoteError['body']>());
      });
      const headers = { op: 'add', 'budget-ms': '0' };
      bus.publish('cmd.auth.1', '{"by":1}', headersOf(headers), inbox);
    });
    expect(reply.errcode).toBe('M_UNKNOWN');
    expect(commands).toBe(before);
  });

  it('ends at once when its caller stops waiting', async () => {
    const gone = new AbortController();
    const call = rpc.query('auth', 'hang', {}, { signal: gone.signal, budgetMs: 300 });
    gone.abort(new Error('the client has gone'));
    await expect(call).rejects.toThrow('the client has gone');
    await expect(rpc.query('auth', 'echo', 1, { signal: gone.signal })).rejects.toThrow('the client has gone');
  });
});

describe('what travels beside the payload', () => {
  it('reaches the handler', async () => {
    const principal = { userId: '@ä:localhost' } as Requester;
    const minPos = { logId: 'l1', pos: 9 };
    expect(await rpc.query('auth', 'context', {}, { requestId: 'r1', minPos, principal })).toEqual({
      requestId: 'r1',
      minPos,
      principal,
      subject: 'qry.auth.context',
    });
    expect(await rpc.command('auth', 63, 'shard', {})).toBe('cmd.auth.63');
  });

  it('is handed on: request id, trace, and what is left of the time', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const seen = await startCall({ requestId: 'r9', budgetMs: 2_000, clock: systemClock, traceparent }, () =>
      rpc.query<{ requestId: string; remainingMs: number; traceparent: string }>('auth', 'outer', {}),
    );
    expect(seen).toMatchObject({ requestId: 'r9', traceparent });
    expect(seen.remainingMs).toBeLessThanOrEqual(2_000);
    expect(seen.remainingMs).toBeGreaterThan(0);
  });

  it('is made up where there is no call to inherit from, and differs each time', async () => {
    const ask = () => rpc.query<{ requestId: string }>('auth', 'current', {});
    const [one, two] = await Promise.all([ask(), ask()]);
    expect(one.requestId).not.toBe(two.requestId);
    expect(currentCall()).toBeUndefined();
  });
});

describe('tell', () => {
  it('starts in the order of the calls', async () => {
    for (let n = 0; n < 200; n++) rpc.tell('auth', 3, 'note', { n });
    await until(() => told.length === 200);
    expect(told).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });
});

describe('each', () => {
  it('gathers what every instance answers, in the time given', async () => {
    const other = await startService(
      { bus: await deployment.bus(), service: 'auth' },
      [Everything],
      [{ provide: RpcClient, useValue: rpc }],
    );
    expect(await rpc.each('auth', 'who', {}, { expectMs: 200 })).toEqual(['me', 'me']);
    expect(await rpc.each('auth', 'grumpy', {}, { expectMs: 100 })).toEqual([]);
    await other.app.close();
  });

  it('is empty at once when there is none', async () => {
    expect(await rpc.each('accounting', 'who', {}, { expectMs: 60_000 })).toEqual([]);
  });
});

describe('a handler that could never be reached', () => {
  it('stops the start', async () => {
    @Controller()
    class Wrong {
      @OnQuery('a b')
      wrong() {}
    }
    await expect(startService({ bus, service: 'rooms' }, [Wrong])).rejects.toThrow(/qry:a b/);
  });
});

function headersOf(values: Record<string, string>) {
  const out = newHeaders();
  for (const [name, value] of Object.entries(values)) out.append(name, value);
  return out;
}
