import { parseCreateRoom, requestedRoomVersion } from './create-room-request.js';
import type { RoomPlan } from './create-room.js';
import { planRoom } from './create-room.js';
import type { JsonObject } from './json-values.js';
import type { RoomVersionId } from './room-version.js';
import { ROOM_VERSIONS } from './room-version.js';
import { ALICE, BOB, CAROL, SERVER, TestRoom, VERSIONS, errcodeOf } from './test-room.fixture.js';

const PROFILES: Record<string, { displayname: string }> = {
  [ALICE]: { displayname: 'Alice' },
  [BOB]: { displayname: 'Bob' },
};

function plan(id: RoomVersionId, body: JsonObject): RoomPlan {
  const creator = { userId: ALICE, serverName: SERVER, profileOf: (userId: string) => PROFILES[userId] };
  return planRoom(parseCreateRoom(body), ROOM_VERSIONS[id], creator);
}

const contentOf = (id: RoomVersionId, body: JsonObject, type: string, stateKey = '') =>
  plan(id, body).events.find((event) => event.type === type && event.stateKey === stateKey)?.content;
const keys = ({ events }: RoomPlan) =>
  events.map(({ type, stateKey }) => `${type.replace('m.room.', '')} ${stateKey}`.trim());

describe.each(VERSIONS)('createRoom, version %s', (id) => {
  it('CLI-020 {} makes a private room', () => {
    const made = plan(id, {});
    expect(keys(made)).toEqual([
      'create',
      `member ${ALICE}`,
      'power_levels',
      'join_rules',
      'history_visibility',
      'guest_access',
    ]);
    const byType = Object.fromEntries(made.events.map(({ type, content }) => [type, content]));
    expect(byType).toMatchObject({
      'm.room.create': { room_version: id },
      'm.room.member': { membership: 'join', displayname: 'Alice' },
      'm.room.join_rules': { join_rule: 'invite' },
      'm.room.history_visibility': { history_visibility: 'shared' },
      'm.room.guest_access': { guest_access: 'can_join' },
    });
    expect(made).toMatchObject({ alias: null, published: false, invite3pid: [] });
    expect(Object.hasOwn(byType['m.room.create']!, 'creator')).toBe(id === '10');
  });

  it('CLI-021 public_chat with name and topic, in the order of appending', () => {
    const body = {
      preset: 'public_chat',
      name: 'N',
      topic: 'T',
      room_alias_name: 'räume',
      invite: [BOB],
      visibility: 'public',
    };
    const made = plan(id, { ...body, initial_state: [{ type: 'x', state_key: 'k', content: {} }] });
    expect(keys(made)).toEqual([
      'create',
      `member ${ALICE}`,
      'power_levels',
      'canonical_alias',
      'join_rules',
      'history_visibility',
      'guest_access',
      'x k',
      'name',
      'topic',
      `member ${BOB}`,
    ]);
    expect(made).toMatchObject({ alias: `#räume:${SERVER}`, published: true });
    expect(contentOf(id, body, 'm.room.topic')).toEqual({ topic: 'T', 'm.topic': { 'm.text': [{ body: 'T' }] } });
    expect(contentOf(id, body, 'm.room.canonical_alias')).toEqual({ alias: `#räume:${SERVER}` });
    expect(contentOf(id, body, 'm.room.join_rules')).toEqual({ join_rule: 'public' });
    expect(contentOf(id, body, 'm.room.guest_access')).toEqual({ guest_access: 'forbidden' });
  });

  it('the preset follows from the visibility', () => {
    expect(contentOf(id, { visibility: 'public' }, 'm.room.join_rules')).toEqual({ join_rule: 'public' });
    expect(contentOf(id, { visibility: 'private' }, 'm.room.join_rules')).toEqual({ join_rule: 'invite' });
    const both = { visibility: 'public', preset: 'private_chat' };
    expect(contentOf(id, both, 'm.room.join_rules')).toEqual({ join_rule: 'invite' });
  });

  it('CLI-024 creation content cannot set version or creator, and keeps the rest', () => {
    const creation_content = { 'm.federate': false, room_version: 'x', creator: BOB, type: 'm.space', own: 1 };
    expect(contentOf(id, { creation_content }, 'm.room.create')).toEqual({
      'm.federate': false,
      type: 'm.space',
      own: 1,
      room_version: id,
      ...(id === '10' ? { creator: ALICE } : {}),
    });
  });

  it.each(['a:b', 'a b', 'a\tb', '', 'x'.repeat(250)])('CLI-026 alias name %p is refused', (room_alias_name) =>
    expect(errcodeOf(() => plan(id, { room_alias_name }))).toBe('M_INVALID_PARAM'),
  );

  it('CLI-027 invites carry profile and is_direct, each user once', () => {
    const made = plan(id, { invite: [BOB, CAROL, BOB], is_direct: true });
    expect(keys(made).slice(-2)).toEqual([`member ${BOB}`, `member ${CAROL}`]);
    expect(made.events.at(-2)!.content).toEqual({ displayname: 'Bob', membership: 'invite', is_direct: true });
    expect(contentOf(id, { invite: [CAROL] }, 'm.room.member', CAROL)).toEqual({ membership: 'invite' });
    expect(errcodeOf(() => plan(id, { invite: ['nonsense'] }))).toBe('M_INVALID_PARAM');
  });

  it('CLI-028 initial state takes the place of what the preset says', () => {
    const initial_state = [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }];
    const made = plan(id, { preset: 'private_chat', initial_state });
    expect(made.events.filter(({ type }) => type === 'm.room.join_rules').map(({ content }) => content)).toEqual([
      { join_rule: 'knock' },
    ]);
  });

  it('initial power levels come early and replace all generated ones', () => {
    const content = { users: id === '12' ? {} : { [ALICE]: 100 }, ban: 1 };
    const made = plan(id, { initial_state: [{ type: 'm.room.power_levels', content }] });
    expect(made.events[2]).toEqual({ type: 'm.room.power_levels', stateKey: '', content });
    expect(keys(made).filter((key) => key === 'power_levels')).toHaveLength(1);
  });

  it('the last of two entries for one key stands; name and topic parameters stand above both', () => {
    const topic = (text: string) => ({ type: 'm.room.topic', content: { topic: text } });
    const initial_state = [topic('1'), topic('2')];
    expect(contentOf(id, { initial_state }, 'm.room.topic')).toEqual({ topic: '2' });
    const made = plan(id, { initial_state, topic: '3' });
    expect(keys(made).filter((key) => key === 'topic')).toHaveLength(1);
    expect(made.events.at(-1)!.content['topic']).toBe('3');
  });

  it('generated levels', () => {
    const creator = id === '12' ? {} : { [ALICE]: 100 };
    const generated = contentOf(id, { preset: 'public_chat' }, 'm.room.power_levels');
    expect(generated).toEqual({
      users: creator,
      users_default: 0,
      events_default: 0,
      state_default: 50,
      ban: 50,
      kick: 50,
      redact: 50,
      invite: 50,
      events: {
        'm.room.name': 50,
        'm.room.avatar': 50,
        'm.room.canonical_alias': 50,
        'm.room.power_levels': 100,
        'm.room.history_visibility': 100,
        'm.room.server_acl': 100,
        'm.room.encryption': 100,
        'm.room.tombstone': id === '12' ? 150 : 100,
      },
    });
    expect(contentOf(id, { preset: 'private_chat' }, 'm.room.power_levels')).toEqual({ ...generated, invite: 0 });
  });

  it('overrides replace the generated levels key by key at the top', () => {
    const power_level_content_override = { invite: 7, events: { x: 1 }, own: 'kept' };
    const content = contentOf(id, { power_level_content_override }, 'm.room.power_levels');
    expect(content).toMatchObject({ invite: 7, own: 'kept', ban: 50 });
    expect(content!['events']).toEqual({ x: 1 });
  });

  it('CLI-044 levels are integers', () => {
    for (const users_default of ['50', 0.5, null]) {
      const body = { power_level_content_override: { users_default } };
      expect(errcodeOf(() => plan(id, body))).toBe('M_BAD_JSON');
    }
  });

  it.each([
    ['visibility', 'x'],
    ['preset', 'nonsense'],
    ['preset', 'constructor'],
    ['name', 7],
    ['topic', {}],
    ['room_alias_name', []],
    ['invite', BOB],
    ['invite', [7]],
    ['invite_3pid', 'x'],
    ['is_direct', 'true'],
    ['creation_content', []],
    ['initial_state', {}],
    ['initial_state', ['x']],
    ['initial_state', [{ type: 'x' }]],
    ['initial_state', [{ content: {} }]],
    ['initial_state', [{ type: 'x', state_key: 7, content: {} }]],
    ['initial_state', [{ type: 'm.room.create', content: {} }]],
    ['initial_state', [{ type: 'm.room.name', content: { name: 7 } }]],
    ['initial_state', [{ type: 'm.room.server_acl', content: { allow: [] } }]],
    ['power_level_content_override', 'x'],
  ])('%s %j is bad JSON', (key, value) => expect(errcodeOf(() => plan(id, { [key]: value }))).toBe('M_BAD_JSON'));

  it('null counts as absent', () => {
    const body = { name: null, topic: null, preset: null, visibility: null, invite: null, initial_state: null };
    expect(keys(plan(id, body))).toEqual(keys(plan(id, {})));
  });

  it.each(['private_chat', 'trusted_private_chat', 'public_chat'])(
    'the rules of the room allow all that %s makes',
    (preset) => {
      const everything = { preset, name: 'N', topic: 'T', room_alias_name: 'a', invite: [BOB, CAROL] };
      const room = TestRoom.created(id, everything);
      expect(room.log).toHaveLength(11);
      expect(room.state.get('m.room.member', CAROL)!.content['membership']).toBe('invite');
    },
  );
});

describe.each(['10', '11'] as const)('below version 12: %s', (id) => {
  it('CLI-029 users without the creator are refused', () => {
    const body = (users: JsonObject) => ({ power_level_content_override: { users } });
    expect(errcodeOf(() => plan(id, body({ [BOB]: 100 })))).toBe('M_INVALID_PARAM');
    expect(contentOf(id, body({ [ALICE]: 50 }), 'm.room.power_levels')!['users']).toEqual({ [ALICE]: 50 });
  });

  it('a trusted private chat gives invitees the level of the creator', () => {
    const content = contentOf(id, { preset: 'trusted_private_chat', invite: [BOB] }, 'm.room.power_levels');
    expect(content!['users']).toEqual({ [ALICE]: 100, [BOB]: 100 });
  });
});

describe('version 12', () => {
  it('CLI-030 users with a creator are refused, wherever they stand', () => {
    const users = { [BOB]: 1, [ALICE]: 100 };
    expect(errcodeOf(() => plan('12', { power_level_content_override: { users } }))).toBe('M_INVALID_PARAM');
    const initial_state = [{ type: 'm.room.power_levels', content: { users } }];
    expect(errcodeOf(() => plan('12', { initial_state }))).toBe('M_INVALID_PARAM');
    const body = {
      creation_content: { additional_creators: [BOB] },
      power_level_content_override: { users: { [BOB]: 1 } },
    };
    expect(errcodeOf(() => plan('12', body))).toBe('M_INVALID_PARAM');
  });

  it.each(['x', [1], ['nope'], null, {}])('CLI-032 additional_creators %j is refused', (additional_creators) =>
    expect(errcodeOf(() => plan('12', { creation_content: { additional_creators } }))).toBe('M_INVALID_PARAM'),
  );

  it('CLI-033 a trusted private chat makes invitees creators, each once', () => {
    const body = {
      preset: 'trusted_private_chat',
      invite: [BOB, CAROL],
      creation_content: { additional_creators: [CAROL] },
    };
    expect(contentOf('12', body, 'm.room.create')!['additional_creators']).toEqual([CAROL, BOB]);
    expect(contentOf('12', body, 'm.room.power_levels')!['users']).toEqual({});
    expect(contentOf('12', { invite: [BOB] }, 'm.room.create')).not.toHaveProperty('additional_creators');
  });
});

describe('the version asked for', () => {
  const fallback = ROOM_VERSIONS['11'];
  it('CLI-022 CLI-023 is a string that this server knows', () => {
    expect(errcodeOf(() => requestedRoomVersion({ room_version: 10 }, fallback))).toBe('M_BAD_JSON');
    expect(errcodeOf(() => requestedRoomVersion({ room_version: 'ahfg' }, fallback))).toBe(
      'M_UNSUPPORTED_ROOM_VERSION',
    );
    expect(requestedRoomVersion({ room_version: '12' }, fallback).id).toBe('12');
  });
  it('is the default when there is none', () => expect(requestedRoomVersion({}, fallback)).toBe(fallback));
});
