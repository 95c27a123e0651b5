import type { SyncQuery } from '@ganglion/contracts';
import { emptySync, FakeSystem, fullSync } from '../fake-system.fixture.js';

let system: FakeSystem;
let token: string;
beforeAll(async () => {
  system = await FakeSystem.start({ GANGLION_GATEWAY__MAX_PARKED: '3' });
  token = await system.user('@a:test');
});
afterAll(() => system.stop());
beforeEach(() => {
  system.handlers.clear();
  system.calls.length = 0;
});

const SYNC = '/_matrix/client/v3/sync';
const asked = () => system.callsOf('rooms cmd:sync') as unknown as SyncQuery[];
const sync = async (query = '', who = token) => {
  const reply = await system.fetch(`${SYNC}?since=s1_0&timeout=60000&${query}`, { token: who });
  return [reply.status, reply.json()];
};
const parked = async () => Number(/^ganglion_gateway_parked\{.*\} (\d+)$/m.exec(await own())![1]);
/** The gateway's own figures, from its own port. */
const own = async () => (await fetch(`http://127.0.0.1:${system.gateway.healthPort}/metrics`)).text();
const untilParked = (count: number) => system.until(async () => (await parked()) === count);
/** The log goes on from test to test. */
let head = 0;
/** Nothing to say until `said` is set. */
function rooms(...ids: string[]) {
  const state = { said: false, pos: head };
  system.on('rooms cmd:sync', async () =>
    state.said ? fullSync(state.pos, { news: true }) : emptySync(ids, state.pos),
  );
  return state;
}

describe('/sync', () => {
  it('answers at once when there is something to say, or no time to wait', async () => {
    system.on('rooms cmd:sync', async () => fullSync(1));
    expect(await sync()).toEqual([200, { next_batch: 's1_1' }]);
    system.on('rooms cmd:sync', async () => emptySync([], 0));
    const reply = await system.fetch(
      `${SYNC}?filter=%7B%22a%22%3A1%7D&full_state=true&org.matrix.msc4222.use_state_after=true`,
      {
        token,
      },
    );
    expect(reply.json()).toEqual({ next_batch: 's1_0' });
    expect(asked().at(-1)).toEqual({
      requester: { userId: '@a:test', deviceId: 'DEVICE' },
      since: null,
      filter: '{"a":1}',
      fullState: true,
      useStateAfter: true,
      stateAfterKey: 'org.matrix.msc4222.state_after',
      timeoutMs: 0,
    });
  });

  it.each(['from=s1', 'timeout=-1', 'full_state=1', 'set_presence=away'])('refuses %s', async (query) => {
    const reply = await system.fetch(`${SYNC}?${query}`, { token });
    expect([reply.status, reply.json()['errcode']]).toEqual([400, 'M_INVALID_PARAM']);
    expect(asked()).toEqual([]);
  });

  it('waits without a word on the bus until its room wakes', async () => {
    const state = rooms('!1:test');
    const poll = sync();
    await untilParked(1);
    expect(asked()).toHaveLength(1);
    Object.assign(state, { said: true, pos: ++head });
    system.wake({ pos: head, rooms: ['!1:test'], users: [] });
    expect(await poll).toEqual([200, { next_batch: `s1_${head}`, news: true }]);
    expect(asked()).toHaveLength(2);
    expect(await parked()).toBe(0);
  });

  it('is woken by its user, and not by other rooms and users', async () => {
    const state = rooms('!1:test');
    const poll = sync();
    await untilParked(1);
    system.wake({ pos: ++head, rooms: ['!other:test'], users: ['@other:test'] });
    system.wake({ pos: ++head, rooms: [], users: ['@other:test'] });
    Object.assign(state, { said: true, pos: ++head });
    system.wake({ pos: head, rooms: [], users: ['@a:test'] });
    expect((await poll)[0]).toBe(200);
    expect(asked()).toHaveLength(2);
  });

  it('parks again when the wake was about nothing it may see', async () => {
    const state = rooms('!1:test');
    const poll = sync();
    await untilParked(1);
    state.pos = ++head;
    system.wake({ pos: head, rooms: ['!1:test'], users: [] });
    await system.until(() => asked().length === 2);
    await untilParked(1);
    Object.assign(state, { said: true, pos: ++head });
    system.wake({ pos: head, rooms: ['!1:test'], users: [] });
    expect((await poll)[1]).toMatchObject({ news: true });
  });

  it('misses no wake that comes while rooms is still computing', async () => {
    let computed!: () => void;
    system.on('rooms cmd:sync', async () => {
      if (asked().length > 1) return fullSync(head);
      await new Promise<void>((resolve) => (computed = resolve));
      return emptySync(['!1:test'], head - 1);
    });
    const poll = sync();
    await system.until(() => asked().length === 1);
    system.wake({ pos: ++head, rooms: ['!1:test'], users: [] });
    await system.deployment.bus.flush();
    await (await fetch(`${system.gateway.url}/_ganglion/health/ready`)).text(); // the gateway has read its socket since
    computed();
    expect(await poll).toEqual([200, { next_batch: `s1_${head}` }]);
  });

  it('does not need the wake: the head of the log is told each second', async () => {
    const state = rooms('!1:test');
    const poll = sync();
    await untilParked(1);
    Object.assign(state, { said: true, pos: ++head });
    while (system.logs.rooms.head() < head)
      await system.logs.rooms.append('room-1', { type: 'event.persisted', data: {} });
    expect((await poll)[1]).toMatchObject({ news: true });
  }, 20_000);

  it('gives the empty answer when its time is up', async () => {
    rooms('!1:test');
    const reply = await system.fetch(`${SYNC}?since=s1_0&timeout=150`, { token });
    expect([reply.status, reply.json()]).toEqual([200, { next_batch: expect.any(String) as unknown }]);
    expect(await parked()).toBe(0);
  });

  it('refuses one more than may wait', async () => {
    rooms();
    const clients = new AbortController();
    const others = await Promise.all(['@p1:test', '@p2:test', '@p3:test', '@p4:test'].map((id) => system.user(id)));
    const path = `${SYNC}?since=s1_0&timeout=60000`;
    const polls = others.slice(0, 3).map((who) => system.fetch(path, { token: who, signal: clients.signal }));
    await untilParked(3);
    const reply = await system.fetch(path, { token: others[3]! });
    expect([reply.status, reply.json()['errcode']]).toEqual([429, 'M_LIMIT_EXCEEDED']);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    clients.abort();
    await Promise.allSettled(polls);
    await untilParked(0);
  });

  it('computes one at a time for a device', async () => {
    let running = 0;
    let most = 0;
    system.on('rooms cmd:sync', async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return fullSync(1);
    });
    await Promise.all(Array.from({ length: 5 }, () => sync()));
    expect(most).toBe(1);
  });

  it('ends when its token is revoked, before that is acknowledged', async () => {
    rooms('!1:test');
    const revoked = await system.user('@gone:test');
    const poll = sync('', revoked);
    await untilParked(1);
    await system.revoke(revoked, '@gone:test');
    expect(await parked()).toBe(0);
    expect(await poll).toMatchObject([401, { errcode: 'M_UNKNOWN_TOKEN', soft_logout: false }]);
  });

  it('brings back what rooms refuses', async () => {
    system.on('rooms cmd:sync', async () => {
      throw new Error('bug');
    });
    expect((await sync())[0]).toBe(500);
  });
});
