import { Overloaded } from '@ganglion/event-store';
import { createLogger } from '@ganglion/observability';
import { FakeSystem } from '../fake-system.fixture.js';

const C3 = '/_matrix/client/v3';

describe('overload', () => {
  const loop = { late: 0, delayMs: () => loop.late, utilisation: () => 1 };
  let system: FakeSystem;
  let alice: string;
  let admin: string;

  beforeAll(async () => {
    const env = { GANGLION_GATEWAY__MAX_IN_FLIGHT: '2', GANGLION_SERVER__MAX_LOOP_DELAY_MS: '100' };
    system = await FakeSystem.start(env, [], createLogger('gateway', 'fatal'), loop);
    alice = await system.user('@alice:test');
    admin = await system.user('@admin:test', { admin: true });
  });
  afterEach(() => {
    loop.late = 0;
    system.handlers.clear();
  });
  afterAll(() => system.stop());

  const send = (txnId: string) =>
    system.fetch(`${C3}/rooms/!r:test/send/m.room.message/${txnId}`, { method: 'PUT', token: alice, body: '{}' });

  const figure = async (name: string, label = ''): Promise<number> => {
    const { text } = await system.fetch('/_ganglion/metrics', { token: admin });
    return Number(new RegExp(`^${name}\\{${label}.*\\} (\\S+)$`, 'm').exec(text)?.[1]);
  };

  const expectRefusal = (reply: Awaited<ReturnType<FakeSystem['fetch']>>) => {
    expect([reply.status, reply.json()['errcode']]).toEqual([429, 'M_LIMIT_EXCEEDED']);
    const waitMs = reply.json()['retry_after_ms'] as number;
    expect(waitMs).toBeGreaterThan(0);
    expect(reply.headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1_000)));
    expect(reply.headers.get('access-control-allow-origin')).toBe('*');
  };

  it('a late process refuses before it does anything, says when to come again, and serves once it has caught up', async () => {
    loop.late = 101;
    const before = system.calls.length;
    for (const reply of await Promise.all([send('late'), system.fetch(`${C3}/account/whoami`, { token: alice })])) {
      expectRefusal(reply);
    }
    expect(system.calls.slice(before)).toEqual([]);
    expect((await system.fetch('/_ganglion/health/live')).status).toBe(200);
    expect((await system.fetch('/_ganglion/health/ready')).text).toBe('OK');
    expect(await figure('ganglion_gateway_refused_total', 'pressure="event loop"')).toBe(2);
    loop.late = 100;
    expect((await send('after')).status).toBe(200);
  });

  it('who was let in is served to the end', async () => {
    let answer!: () => void;
    const held = new Promise<void>((resolve) => (answer = resolve));
    system.on('rooms cmd:sendEvent', async () => {
      await held;
      return { body: { event_id: '$1' } };
    });
    const admitted = send('admitted');
    await system.until(() => system.callsOf('rooms cmd:sendEvent').some((call) => isOf(call, 'admitted')));
    loop.late = 1_000;
    expectRefusal(await send('refused'));
    answer();
    expect((await admitted).status).toBe(200);
  });

  it('when too much waits for services the next is refused, but what needs none is served', async () => {
    const answers: (() => void)[] = [];
    system.on('rooms cmd:sendEvent', async () => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return { body: {} };
    });
    const waiting = [send('a'), send('b')];
    await system.until(() => answers.length === 2);
    expectRefusal(await send('c'));
    expect((await system.fetch(`${C3}/account/whoami`, { token: alice })).status).toBe(200);
    for (const answer of answers) answer();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    system.handlers.clear();
    expect((await send('d')).status).toBe(200);
  });

  it('long polls that wait here are no load', async () => {
    const polls: ReturnType<FakeSystem['fetch']>[] = [];
    for (const parked of [1, 2, 3, 4]) {
      polls.push(system.fetch(`${C3}/sync?since=s1_0&timeout=60000`, { token: alice }));
      await system.until(async () => (await figure('ganglion_gateway_parked')) === parked);
    }
    expect((await send('beside')).status).toBe(200);
    system.on('rooms cmd:sync', async () => ({ empty: false, rooms: [], pos: 1, body: { next_batch: 's1_1' } }));
    system.wake({ pos: 1, rooms: [], users: ['@alice:test'] });
    expect((await Promise.all(polls)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('a service that is overloaded is a 429 with a time to wait, never a 500', async () => {
    system.on('rooms cmd:sendEvent', async () => {
      throw new Overloaded(100);
    });
    expectRefusal(await send('full'));
  });
});

function isOf(call: Record<string, unknown>, txnId: string): boolean {
  return (call['params'] as Record<string, string>)['txnId'] === txnId;
}
