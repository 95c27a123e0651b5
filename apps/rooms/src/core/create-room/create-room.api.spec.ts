import type { Requester } from '@ganglion/contracts';
import { RoomsUnderTest, refusal } from '../../rooms.fixture.js';

describe.each(['10', '11', '12'])('creating rooms, version %s by default', (version) => {
  let rooms: RoomsUnderTest;
  let alice: Requester;
  let bob: Requester;
  beforeAll(async () => {
    rooms = await RoomsUnderTest.start({ env: { GANGLION_DEFAULT_ROOM_VERSION: version } });
    [alice, bob] = [await rooms.user('alice'), await rooms.user('bob')];
  });
  afterAll(() => rooms?.stop());

  const create = (body: Record<string, unknown>, requester = alice) => rooms.call('createRoom', { requester, body });
  const contents = async (roomId: string) => {
    const { body } = await rooms.call('getAllState', { requester: alice, params: { roomId } });
    const events = body as unknown as { type: string; state_key: string; content: Record<string, unknown> }[];
    return new Map(events.map(({ type, state_key, content }) => [`${type}|${state_key}`, content]));
  };

  it('CLI-020 makes a private room of an empty request', async () => {
    const state = await contents(await rooms.room(alice));
    expect([...state.keys()].sort()).toEqual(
      [
        'm.room.create|',
        'm.room.guest_access|',
        'm.room.history_visibility|',
        'm.room.join_rules|',
        `m.room.member|@alice:test`,
        'm.room.power_levels|',
      ].sort(),
    );
    expect(state.get('m.room.create|')).toMatchObject({ room_version: version });
    expect(state.get('m.room.member|@alice:test')).toEqual({ membership: 'join', displayname: 'alice' });
    expect(state.get('m.room.join_rules|')).toEqual({ join_rule: 'invite' });
    expect(state.get('m.room.history_visibility|')).toEqual({ history_visibility: 'shared' });
    expect(state.get('m.room.guest_access|')).toEqual({ guest_access: 'can_join' });
  });

  it('CLI-021 gives a public room its name and topic', async () => {
    const state = await contents(await rooms.room(alice, { preset: 'public_chat', name: 'Square', topic: 'Talk' }));
    expect(state.get('m.room.name|')).toEqual({ name: 'Square' });
    expect(state.get('m.room.topic|')).toEqual({ topic: 'Talk', 'm.topic': { 'm.text': [{ body: 'Talk' }] } });
    expect(state.get('m.room.join_rules|')).toEqual({ join_rule: 'public' });
  });

  it('CLI-022 CLI-023 refuses a version that is none', async () => {
    expect(await create({ room_version: 10 })).toMatchObject(refusal(400, 'M_BAD_JSON'));
    expect(await create({ room_version: 'ahfgwjyerhgiuveisbruvybseyrugvi' })).toMatchObject(
      refusal(400, 'M_UNSUPPORTED_ROOM_VERSION'),
    );
  });

  it('CLI-024 takes over creation content, but not a version in it', async () => {
    const roomId = await rooms.room(alice, { creation_content: { 'm.federate': false, room_version: 'x' } });
    expect((await contents(roomId)).get('m.room.create|')).toMatchObject({
      'm.federate': false,
      room_version: version,
    });
  });

  it('CLI-025 CLI-026 gives an alias once, and none that is malformed', async () => {
    const roomId = await rooms.room(alice, { room_alias_name: 'square' });
    expect((await contents(roomId)).get('m.room.canonical_alias|')).toEqual({ alias: '#square:test' });
    const before = await rooms.call('joinedRooms', { requester: bob });
    expect(await create({ room_alias_name: 'square' }, bob)).toMatchObject(refusal(400, 'M_ROOM_IN_USE'));
    expect(await rooms.call('joinedRooms', { requester: bob })).toEqual(before);
    expect(await create({ room_alias_name: 'a:b' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await create({ room_alias_name: 'a b' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await rooms.call('resolveAlias', { params: { roomAlias: '#square:test' } })).toEqual({
      status: 200,
      body: { room_id: roomId, servers: ['test'] },
    });
    expect(await rooms.call('resolveAlias', { params: { roomAlias: '#nowhere:test' } })).toMatchObject(
      refusal(404, 'M_NOT_FOUND'),
    );
    expect(await rooms.call('resolveAlias', { params: { roomAlias: 'square' } })).toMatchObject(
      refusal(400, 'M_INVALID_PARAM'),
    );
  });

  it('CLI-025 gives one alias to one of several who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create({ room_alias_name: 'race' })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 400, 400, 400, 400]);
    expect(answers.filter(({ status }) => status === 400)).toMatchObject(
      Array(4).fill({ body: { errcode: 'M_ROOM_IN_USE' } }),
    );
  });

  it('CLI-028 lets initial state take the place of the preset', async () => {
    const initial_state = [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }];
    const state = await contents(await rooms.room(alice, { preset: 'private_chat', initial_state }));
    expect(state.get('m.room.join_rules|')).toEqual({ join_rule: 'knock' });
  });

  it('CLI-029 CLI-030 refuses power levels that leave the creator out, or name one of version 12', async () => {
    const users = version === '12' ? { '@alice:test': 100 } : { '@bob:test': 100 };
    expect(await create({ power_level_content_override: { users } })).toMatchObject({ status: 400 });
  });

  it('refuses a room that forbids its own events, and makes nothing', async () => {
    const body = { power_level_content_override: { state_default: 101, users: { '@alice:test': 100 } }, name: 'x' };
    if (version === '12') Object.assign(body.power_level_content_override, { users: {} });
    const answer = await create(body);
    // The creators of version 12 stand above every level.
    expect(answer).toMatchObject(version === '12' ? { status: 200 } : refusal(400, 'M_INVALID_ROOM_STATE'));
  });

  it('invites nobody when one id is malformed', async () => {
    expect(await create({ invite: ['@bob:test', 'bob'] })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect((await rooms.sync(bob)).body).not.toHaveProperty('rooms.invite');
  });

  it('sends no invites to e-mail addresses', async () => {
    const invite_3pid = [{ id_server: 'x', id_access_token: 'y', medium: 'email', address: 'a@b' }];
    expect(await create({ invite_3pid })).toMatchObject(refusal(403, 'M_THREEPID_DENIED'));
  });

  it('refuses a suspended account', async () => {
    expect(await create({}, { ...alice, suspended: true })).toMatchObject(refusal(403, 'M_USER_SUSPENDED'));
  });

  it('makes two rooms of two equal requests at once', async () => {
    const ids = await Promise.all([rooms.room(alice), rooms.room(alice), rooms.room(alice)]);
    expect(new Set(ids).size).toBe(3);
  });

  if (version === '12') {
    it('CLI-031 names the room after its create event', async () => {
      const roomId = await rooms.room(alice);
      expect(roomId).toMatch(/^![A-Za-z0-9_-]{43}$/);
      const { body } = await rooms.call('getAllState', { requester: alice, params: { roomId } });
      const events = body as unknown as Record<string, unknown>[];
      const created = events.find(({ type }) => type === 'm.room.create');
      expect(created).toMatchObject({ event_id: `$${roomId.slice(1)}`, room_id: roomId });
      const levels = (await contents(roomId)).get('m.room.power_levels|');
      expect(levels).toMatchObject({ users: {}, events: { 'm.room.tombstone': 150 } });
    });

    it.each([['x'], [[1]], [['nope']]])('CLI-032 refuses additional creators that are none: %j', async (listed) => {
      const answer = await create({ creation_content: { additional_creators: listed } });
      expect(answer).toMatchObject({ status: 400 });
    });

    it('CLI-033 makes trusted invitees creators', async () => {
      const roomId = await rooms.room(alice, { preset: 'trusted_private_chat', invite: ['@bob:test'] });
      expect((await contents(roomId)).get('m.room.create|')).toMatchObject({ additional_creators: ['@bob:test'] });
    });
  }
});
