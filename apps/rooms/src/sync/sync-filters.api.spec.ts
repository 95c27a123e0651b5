import type { Requester, SyncQuery } from '@ganglion/contracts';
import { RoomsUnderTest, must, refusal } from '../rooms.fixture.js';
import { Device, filter, keys, names } from './device.fixture.js';

describe.each(['11', '12'])('what a sync is asked to leave out or add, version %s', (version) => {
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

  it('CLI-146 CLI-147 loads members lazily, and repeats them only when asked to', async () => {
    const [bob, carol] = [await somebody(), await somebody()];
    const roomId = await open(bob, carol);
    await rooms.say(bob, roomId, 'one');
    const lazy = { state: { lazy_load_members: true }, timeline: { limit: 1 } };
    const device = await synced(alice, filter({ ...lazy, rooms: [roomId] }));
    expect(keys(device.room(roomId).state.events)).toEqual(expect.arrayContaining(['@alice:test', bob.userId]));
    await rooms.say(bob, roomId, 'two');
    await device.sync();
    expect(keys(device.room(roomId).state.events)).toEqual([]);
    await rooms.say(bob, roomId, 'three');
    await device.sync(filter({ state: { lazy_load_members: true, include_redundant_members: true }, rooms: [roomId] }));
    expect(keys(device.room(roomId).state.events)).toEqual([bob.userId]);
  });

  it('CLI-146 leaves out members who neither speak nor give the room its name', async () => {
    const [bob, carol] = [await somebody(), await somebody()];
    const roomId = await open(bob, carol);
    await rooms.setState(alice, roomId, 'm.room.name', { name: 'Named' });
    await rooms.say(bob, roomId, 'one');
    const device = await synced(
      alice,
      filter({ state: { lazy_load_members: true }, timeline: { limit: 1 }, rooms: [roomId] }),
    );
    expect(keys(device.room(roomId).state.events)).toEqual(['@alice:test', bob.userId].sort());
  });

  it('CLI-148 tells lazily loading clients who changed in a gap', async () => {
    const [bob, carol] = [await somebody(), await somebody()];
    const roomId = await open(bob, carol);
    const device = await synced(
      alice,
      filter({ state: { lazy_load_members: true }, timeline: { limit: 2 }, rooms: [roomId] }),
    );
    await rooms.setState(carol, roomId, 'm.room.member', { membership: 'join', displayname: 'C' }, carol.userId);
    for (let i = 0; i < 4; i++) await rooms.say(bob, roomId, `m${i}`);
    await device.sync();
    expect(device.room(roomId).state.events).toContainEqual(
      expect.objectContaining({ state_key: carol.userId, content: { membership: 'join', displayname: 'C' } }),
    );
  });

  it('CLI-149 counts the members of an unnamed room, and says whom it may be called after', async () => {
    const [bob, carol] = [await somebody(), await somebody()];
    const roomId = await open(bob, carol);
    const device = await synced(alice, filter({ rooms: [roomId] }));
    expect(device.room(roomId).summary).toEqual({
      'm.joined_member_count': 3,
      'm.invited_member_count': 0,
      'm.heroes': [bob.userId, carol.userId],
    });
    await rooms.say(bob, roomId, 'x');
    expect((await device.sync()).room(roomId).summary).toEqual({});
    await rooms.leave(carol, roomId);
    expect((await device.sync()).room(roomId).summary).toEqual({
      'm.joined_member_count': 2,
      'm.invited_member_count': 0,
      'm.heroes': [bob.userId],
    });
    await rooms.leave(bob, roomId);
    expect((await device.sync()).room(roomId).summary).toMatchObject({
      'm.joined_member_count': 1,
      'm.heroes': [carol.userId, bob.userId],
    });
    await rooms.setState(alice, roomId, 'm.room.name', { name: 'Named' });
    expect((await device.sync()).room(roomId).summary).toEqual({
      'm.joined_member_count': 1,
      'm.invited_member_count': 0,
    });
  });

  it('CLI-150 gives the state after the timeline when asked to', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob, { useStateAfter: true });
    expect(names(device.room(roomId).state_after.events)).toContain('m.room.create|');
    await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'x' });
    await device.sync();
    expect(device.room(roomId)).not.toHaveProperty('state');
    expect(names(device.room(roomId).state_after.events)).toEqual(['m.room.topic|']);
    await rooms.say(alice, roomId, 'x');
    await device.sync({ stateAfterKey: 'org.matrix.msc4222.state_after' });
    expect(device.room(roomId)).toHaveProperty(['org.matrix.msc4222.state_after'], { events: [] });
  });

  it('CLI-151 CLI-153 filters the state, the timeline, and the keys of events', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const only = { state: { types: [] }, timeline: { senders: [bob.userId] }, rooms: [roomId] };
    const device = await synced(alice, filter(only, { event_fields: ['content.body'] }));
    await rooms.say(alice, roomId, 'a');
    await rooms.say(bob, roomId, 'b');
    await device.sync();
    expect(device.room(roomId).state.events).toEqual([]);
    expect(device.room(roomId).timeline.events).toEqual([{ content: { body: 'b' } }]);
  });

  it('CLI-274 gives stored events to who asks for them', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const device = await synced(bob, filter({}, { event_format: 'federation' }));
    await rooms.say(alice, roomId, 'x');
    await device.sync();
    expect(device.room(roomId).timeline.events[0]).toMatchObject({
      hashes: { sha256: expect.any(String) },
      signatures: { test: { 'ed25519:a1': expect.any(String) } },
      auth_events: expect.any(Array),
      prev_events: [expect.any(String)],
      depth: expect.any(Number),
    });
  });

  it('CLI-154 stores filters, and takes their ids', async () => {
    const bob = await somebody();
    const roomId = await open(bob);
    const own = { requester: bob, params: { userId: bob.userId } };
    const definition = { room: { timeline: { types: ['org.none'] } } };
    const stored = must(await rooms.call('createFilter', { ...own, body: definition }));
    const filterId = stored.body['filter_id'] as string;
    expect(filterId).not.toMatch(/^\{/);
    expect(await rooms.call('createFilter', { ...own, body: definition })).toEqual(stored);
    const other = must(await rooms.call('createFilter', { ...own, body: {} }));
    expect(other.body['filter_id']).not.toBe(filterId);
    const read = (requester: Requester, params: Record<string, string>) =>
      rooms.call('getFilter', { requester, params: { userId: bob.userId, filterId, ...params } });
    expect(await read(bob, {})).toEqual({ status: 200, body: definition });
    expect(await read(alice, {})).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await read(bob, { filterId: '77' })).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    expect(await rooms.call('createFilter', { ...own, requester: alice, body: {} })).toMatchObject(
      refusal(403, 'M_FORBIDDEN'),
    );
    expect(await rooms.call('createFilter', { ...own, body: { room: [] } })).toMatchObject(refusal(400, 'M_BAD_JSON'));
    const device = await synced(bob, { filter: filterId });
    expect(device.room(roomId).timeline.events).toEqual([]);
  });
});
