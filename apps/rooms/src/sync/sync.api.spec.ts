import type { Requester, RoomsWake, SyncQuery } from '@ganglion/contracts';
import { RoomsUnderTest, must, refusal } from '../rooms.fixture.js';
import { Device, filter, names, texts, type Served } from './device.fixture.js';

describe.each(['11', '12'])('sync, version %s', (version) => {
  let rooms: RoomsUnderTest;
  let alice: Requester;
  let users = 0;
  beforeAll(async () => {
    rooms = await RoomsUnderTest.start({ env: { GANGLION_DEFAULT_ROOM_VERSION: version } });
    alice = await rooms.user('alice');
  });
  afterAll(() => rooms?.stop());

  /** Somebody nobody else has to do with. */
  const somebody = () => rooms.user(`user${++users}`);
  const open = async (...members: Requester[]) => {
    const roomId = await rooms.room(alice, { preset: 'public_chat' });
    for (const member of members) await rooms.join(member, roomId);
    return roomId;
  };
  const synced = async (user: Requester, query: Partial<SyncQuery> = {}) => new Device(rooms, user, query).sync();

  it('CLI-130 CLI-131 answers a fresh user, and the same token again while nothing happens', async () => {
    const device = await synced(await somebody());
    expect(device.last).toMatchObject({ empty: false, rooms: [] });
    expect(device.last.body).toEqual({
      next_batch: expect.stringMatching(/^s1_[0-9a-f]{8}_r\d+$/),
      account_data: { events: [{ type: 'm.push_rules', content: { global: expect.any(Object) } }] },
      device_one_time_keys_count: { signed_curve25519: 0 },
      device_unused_fallback_key_types: [],
    });
    const { since } = device;
    await open();
    await device.sync();
    expect(device.last).toEqual({
      empty: true,
      rooms: [],
      pos: expect.any(Number),
      body: {
        next_batch: since,
        device_one_time_keys_count: { signed_curve25519: 0 },
        device_unused_fallback_key_types: [],
      },
    });
  });

  it('CLI-134 refuses bad tokens and filters', async () => {
    const refused = (query: Partial<SyncQuery>) => rooms.refusedSync(alice, query);
    expect(await refused({ since: 'garbage' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await refused({ filter: '9999' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await refused({ filter: 'nonsense' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await refused({ filter: '{bad' })).toMatchObject(refusal(400, 'M_NOT_JSON'));
    expect(await refused({ filter: '{"room":[]}' })).toMatchObject(refusal(400, 'M_BAD_JSON'));
  });

  it('answers a token of another log, or from the future, like none', async () => {
    const device = await synced(await somebody());
    const initial = { empty: false, body: { account_data: expect.any(Object) } };
    expect(await rooms.sync(device.user, { since: 's1_00000000_r1' })).toMatchObject(initial);
    expect(await rooms.sync(device.user, { since: device.since!.replace(/_r\d+$/, '_r999999') })).toMatchObject(
      initial,
    );
  });

  it('tells a message with its room, without room id, its transaction to the sending device only (CLI-106)', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const [his, mine] = [await synced(bob), await synced(alice)];
    const other = await synced({ ...alice, deviceId: 'OTHER' });
    const eventId = await rooms.say(alice, roomId, 'hi', `hi${version}`);
    for (const device of [his, mine, other]) {
      await device.sync();
      expect(device.last).toMatchObject({ empty: false });
      const [event] = device.room(roomId).timeline.events;
      expect(event).toMatchObject({
        event_id: eventId,
        content: { body: 'hi' },
        unsigned: { age: expect.any(Number) },
      });
      expect(event).not.toHaveProperty('room_id');
      expect(event!.unsigned!['transaction_id']).toBe(device === mine ? `hi${version}` : undefined);
    }
    expect(his.room(roomId)).toMatchObject({
      state: { events: [] },
      unread_notifications: { notification_count: 0, highlight_count: 0 },
    });
    expect((await his.sync()).last).toMatchObject({ empty: true, rooms: [roomId] });
  });

  it('CLI-027 shows an invite with what is to be seen of the room, the own event last', async () => {
    const bob = await somebody();
    const device = await synced(bob);
    const roomId = await rooms.room(alice, { name: 'Party', invite: [bob.userId], is_direct: true });
    await device.sync();
    const { events } = device.room(roomId, 'invite').invite_state;
    expect(names(events)).toEqual(
      expect.arrayContaining(['m.room.create|', 'm.room.name|', 'm.room.join_rules|', 'm.room.member|@alice:test']),
    );
    expect(events.at(-1)).toEqual({
      type: 'm.room.member',
      state_key: bob.userId,
      sender: '@alice:test',
      content: { membership: 'invite', is_direct: true, displayname: bob.userId.slice(1, -5) },
    });
    expect((await synced(bob)).room(roomId, 'invite')).toBeDefined();
    expect((await device.sync()).last.empty).toBe(true);
    await rooms.leave(bob, roomId);
    await device.sync();
    await rooms.invite(alice, roomId, bob.userId);
    expect((await device.sync()).room(roomId, 'invite')).toBeDefined();
  });

  it('CLI-135 tells the newest of many messages, and where to find the others', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob);
    for (let i = 1; i <= 15; i++) await rooms.say(alice, roomId, `m${i}`);
    await device.sync();
    const { timeline } = device.room(roomId);
    expect(timeline.limited).toBe(true);
    expect(texts(timeline.events)).toEqual(Array.from({ length: 10 }, (_, i) => `m${i + 6}`));
    const { body } = must(await rooms.messages(bob, roomId, { dir: 'b', from: timeline.prev_batch, limit: '5' }));
    expect(texts(body['chunk'] as Served[])).toEqual(['m5', 'm4', 'm3', 'm2', 'm1']);
  });

  it('CLI-136 tells no events when none are wanted, and the state as of now', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob, filter({ timeline: { limit: 0 } }));
    await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'now' });
    await device.sync();
    expect(device.room(roomId)).toMatchObject({
      timeline: { events: [], limited: true },
      state: { events: [{ type: 'm.room.topic', content: { topic: 'now' } }] },
    });
  });

  it('CLI-137 CLI-138 loses no change of state in a gap, and repeats none of the timeline', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob, filter({ timeline: { limit: 5 } }));
    for (let i = 1; i <= 12; i++) await rooms.setState(alice, roomId, `org.key${i}`, { i });
    await device.sync();
    const { timeline, state } = device.room(roomId);
    const told = names([...timeline.events, ...state.events]);
    expect(told).toEqual(Array.from({ length: 12 }, (_, i) => `org.key${i + 1}|`).sort());
    expect(timeline.events).toHaveLength(5);
    await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'x' });
    await device.sync();
    expect(device.room(roomId)).toMatchObject({ timeline: { limited: false }, state: { events: [] } });
  });

  it('tells as state what the filter keeps out of the timeline', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob, filter({ timeline: { types: ['m.room.message'] } }));
    await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'hidden' });
    await rooms.say(alice, roomId, 'shown');
    await device.sync();
    expect(texts(device.room(roomId).timeline.events)).toEqual(['shown']);
    expect(names(device.room(roomId).state.events)).toEqual(['m.room.topic|']);
  });

  it('CLI-139 tells a joined room whole, with the time before as far as it is visible', async () => {
    const bob = await somebody();
    const device = await synced(bob);
    const roomId = await open();
    await rooms.say(alice, roomId, 'before');
    await rooms.join(bob, roomId);
    await device.sync();
    const { timeline, state, summary } = device.room(roomId);
    expect(timeline.limited).toBe(true);
    expect(texts(timeline.events)).toEqual(['before']);
    expect(timeline.events.at(-1)).toMatchObject({ state_key: bob.userId, content: { membership: 'join' } });
    const all = names([...timeline.events.filter(({ state_key }) => state_key !== undefined), ...state.events]);
    expect(all).toEqual(
      expect.arrayContaining([
        'm.room.create|',
        'm.room.power_levels|',
        'm.room.join_rules|',
        'm.room.member|@alice:test',
      ]),
    );
    expect(summary).toMatchObject({ 'm.joined_member_count': 2 });
    expect(device.section('leave')).toEqual({});
  });

  it('CLI-140 tells a room that was left and joined again in between as joined only', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob);
    await rooms.leave(bob, roomId);
    await rooms.join(bob, roomId);
    await device.sync();
    expect(names(device.room(roomId).state.events).length + device.room(roomId).timeline.events.length).toBeGreaterThan(
      6,
    );
    expect(device.room(roomId).timeline.limited).toBe(true);
    expect(device.section('leave')).toEqual({});
  });

  it('CLI-141 CLI-142 CLI-068 tells a departure last, once, and nothing after it', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    await rooms.setState(alice, roomId, 'm.room.history_visibility', { history_visibility: 'joined' });
    const device = await synced(bob);
    await rooms.say(alice, roomId, 'still');
    await rooms.setState(alice, roomId, 'm.room.member', { membership: 'leave', reason: 'out' }, bob.userId);
    await rooms.say(alice, roomId, 'behind the back');
    await device.sync();
    const { timeline } = device.room(roomId, 'leave');
    expect(texts(timeline.events)).toEqual(['still']);
    expect(timeline.events.at(-1)).toMatchObject({
      sender: '@alice:test',
      state_key: bob.userId,
      content: { membership: 'leave', reason: 'out' },
    });
    expect(device.section('join')).toEqual({});
    await rooms.say(alice, roomId, 'more');
    expect((await device.sync()).last.empty).toBe(true);
  });

  it('CLI-143 includes rooms that were left when asked to, up to the departure', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    await rooms.leave(bob, roomId);
    await rooms.say(alice, roomId, 'later');
    expect((await synced(bob)).last.body).not.toHaveProperty('rooms');
    const device = await synced(bob, filter({ include_leave: true }));
    const { timeline } = device.room(roomId, 'leave');
    expect(timeline.events.at(-1)).toMatchObject({ state_key: bob.userId, content: { membership: 'leave' } });
    expect(texts(timeline.events)).toEqual([]);
  });

  it('CLI-144 CLI-145 tells everything again when asked to, and only what changed otherwise', async () => {
    const bob = await somebody();
    const [one, two, three] = [await open(bob), await open(bob), await open(bob)];
    const device = await synced(bob);
    await rooms.say(alice, two!, 'news');
    await device.sync();
    expect(Object.keys(device.section('join'))).toEqual([two]);
    await device.sync({ fullState: true });
    expect(Object.keys(device.section('join')).sort()).toEqual([one, two, three].sort());
    expect(names(device.room(one!).state.events)).toContain('m.room.create|');
    expect(device.room(one!).timeline.events).toEqual([]);
  });

  it('CLI-158 chains tokens without loss or repetition while others write', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob, filter({ timeline: { limit: 100 } }));
    const writes = Promise.all(Array.from({ length: 150 }, (_, i) => rooms.say(alice, roomId, `c${i}`, `c${i}`)));
    const seen: string[] = [];
    let written = false;
    const all = writes.then(() => (written = true));
    for (let last = false; !last || !device.last.empty;) {
      last = written;
      await device.sync();
      if (!device.last.empty) seen.push(...device.room(roomId).timeline.events.map(({ event_id }) => event_id));
    }
    await all;
    const { body } = must(await rooms.messages(bob, roomId, { dir: 'f', limit: '300' }));
    const said = (body['chunk'] as Served[]).filter(({ type }) => type === 'm.room.message');
    expect(seen).toEqual(said.map(({ event_id }) => event_id));
  });

  it('wakes gateways with the rooms and users of a commit, once it can be read', async () => {
    const bob = await somebody();
    const roomId = await open();
    const device = await synced(bob);
    const woken = new Promise<RoomsWake>((resolve) => {
      const end = rooms.deployment.bus.listen('wake.rooms.rooms', (body) => {
        end();
        resolve(body as RoomsWake);
      });
    });
    await rooms.deployment.bus.flush();
    const inviting = rooms.invite(alice, roomId, bob.userId);
    const wake = await woken;
    expect(wake).toMatchObject({ rooms: [roomId], users: [bob.userId] });
    const answer = await rooms.sync(bob, { since: device.since, timeoutMs: 30_000 });
    expect(answer.pos).toBeGreaterThanOrEqual(wake.pos);
    expect(answer.body).toMatchObject({ rooms: { invite: { [roomId]: {} } } });
    await inviting;
  });
});
