import type { Requester } from '@ganglion/contracts';
import { RoomsUnderTest, refusal } from '../rooms.fixture.js';

describe.each(['11', '12'])('membership, version %s', (version) => {
  let rooms: RoomsUnderTest;
  let alice: Requester;
  let bob: Requester;
  let carol: Requester;
  beforeAll(async () => {
    rooms = await RoomsUnderTest.start({ env: { GANGLION_DEFAULT_ROOM_VERSION: version } });
    [alice, bob, carol] = [await rooms.user('alice'), await rooms.user('bob'), await rooms.user('carol')];
  });
  afterAll(() => rooms?.stop());

  const join = (requester: Requester, roomId: string, body: object | null = null) =>
    rooms.call('join', { requester, params: { roomId }, body });
  const leave = (requester: Requester, roomId: string, body: object | null = null) =>
    rooms.call('leave', { requester, params: { roomId }, body });
  const invite = (requester: Requester, roomId: string, user_id: unknown) =>
    rooms.call('invite', { requester, params: { roomId }, body: { user_id } });
  const setMember = (requester: Requester, roomId: string, userId: string, membership: string, more: object = {}) =>
    rooms.trySetState(requester, roomId, 'm.room.member', { membership, ...more }, userId);
  const member = async (roomId: string, userId: string) =>
    (await rooms.state(alice, roomId, 'm.room.member', userId)).body;
  const open = () => rooms.room(alice, { preset: 'public_chat' });

  it('CLI-060 joins by id, by alias, and twice, with one member event', async () => {
    const roomId = await rooms.room(alice, { preset: 'public_chat', room_alias_name: `door${version}` });
    const byAlias = { requester: bob, params: { roomIdOrAlias: `#door${version}:test` } };
    expect(await rooms.call('joinByIdOrAlias', byAlias)).toEqual({ status: 200, body: { room_id: roomId } });
    expect(await join(bob, roomId)).toEqual({ status: 200, body: { room_id: roomId } });
    const byId = { requester: bob, params: { roomIdOrAlias: roomId } };
    expect(await rooms.call('joinByIdOrAlias', byId)).toEqual({ status: 200, body: { room_id: roomId } });
    const { body } = await rooms.messages(alice, roomId, { dir: 'b', limit: '50' });
    const joins = (body['chunk'] as { state_key?: string }[]).filter(({ state_key }) => state_key === '@bob:test');
    expect(joins).toHaveLength(1);
    expect(await member(roomId, '@bob:test')).toEqual({ membership: 'join', displayname: 'bob' });
  });

  it('CLI-061 CLI-062 refuses to join uninvited, and what does not exist', async () => {
    expect(await join(bob, await rooms.room(alice))).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    const unknown = (roomIdOrAlias: string) =>
      rooms.call('joinByIdOrAlias', { requester: bob, params: { roomIdOrAlias } });
    expect(await unknown('#nobody:test')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    expect(await unknown('!nothing:test')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    expect(await unknown('nothing')).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
  });

  it('CLI-063 invites and joins; the inviter sees it', async () => {
    const roomId = await rooms.room(alice);
    const { body } = await rooms.sync(alice);
    expect(await invite(alice, roomId, '@bob:test')).toEqual({ status: 200, body: {} });
    expect(await join(bob, roomId)).toMatchObject({ status: 200 });
    const next = await rooms.sync(alice, { since: body['next_batch'] as string });
    expect(next.body).toMatchObject({
      rooms: {
        join: {
          [roomId]: {
            timeline: {
              events: [
                { content: { membership: 'invite', displayname: 'bob' } },
                { sender: '@bob:test', content: { membership: 'join' } },
              ],
            },
          },
        },
      },
    });
  });

  it('CLI-064 CLI-065 refuses to invite oneself, a member, from outside, nobody, and what is no user', async () => {
    const roomId = await open();
    await rooms.join(bob, roomId);
    expect(await invite(alice, roomId, '@alice:test')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await invite(alice, roomId, '@bob:test')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await invite(carol, roomId, '@dave:test')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await rooms.call('invite', { requester: alice, params: { roomId }, body: {} })).toMatchObject(
      refusal(400, 'M_MISSING_PARAM'),
    );
    expect(await invite(alice, roomId, 'bob')).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
  });

  it('answers the second of two equal invites without writing it', async () => {
    const roomId = await rooms.room(alice);
    await rooms.invite(alice, roomId, '@bob:test');
    const before = (await rooms.sync(alice)).body['next_batch'];
    await rooms.invite(alice, roomId, '@bob:test');
    expect((await rooms.sync(alice)).body['next_batch']).toBe(before);
  });

  it('CLI-066 CLI-067 tells of an invite rejected, and of one taken back', async () => {
    const roomId = await rooms.room(alice, { invite: ['@bob:test', '@carol:test'] });
    const since = (await rooms.sync(bob)).body['next_batch'] as string;
    const carolSince = (await rooms.sync(carol)).body['next_batch'] as string;
    await rooms.leave(bob, roomId);
    const rejected = (await rooms.sync(bob, { since })).body;
    expect(rejected).toMatchObject({
      rooms: {
        leave: {
          [roomId]: {
            timeline: { events: [{ sender: '@bob:test', content: { membership: 'leave' } }] },
            state: { events: [] },
          },
        },
      },
    });
    expect(rejected).not.toHaveProperty('rooms.invite');
    expect(await setMember(alice, roomId, '@carol:test', 'leave')).toMatchObject({ status: 200 });
    expect((await rooms.sync(carol, { since: carolSince })).body).toMatchObject({
      rooms: { leave: { [roomId]: { timeline: { events: [{ sender: '@alice:test' }] } } } },
    });
  });

  it('CLI-069 refuses to leave twice, or where one never was', async () => {
    const roomId = await open();
    await rooms.join(bob, roomId);
    await rooms.leave(bob, roomId);
    expect(await leave(bob, roomId)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await leave(carol, roomId)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await leave(carol, '!nothing:test')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
  });

  it('takes a reason along, and a word with a join', async () => {
    const roomId = await open();
    await join(bob, roomId, { reason: 'curious', 'org.example': 1, join_authorised_via_users_server: '@alice:test' });
    // CLI-088: what only the server may say is left out.
    expect(await member(roomId, '@bob:test')).toEqual({
      membership: 'join',
      displayname: 'bob',
      reason: 'curious',
      'org.example': 1,
    });
    await leave(bob, roomId, { reason: 'bored' });
    expect(await member(roomId, '@bob:test')).toEqual({ membership: 'leave', reason: 'bored' });
    expect(await leave(alice, roomId, { reason: 1 })).toMatchObject(refusal(400, 'M_BAD_JSON'));
  });

  it('CLI-073 CLI-074 keeps out who is banned until the ban is lifted', async () => {
    const roomId = await open();
    expect(await setMember(alice, roomId, '@bob:test', 'ban')).toMatchObject({ status: 200 });
    expect(await join(bob, roomId)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await invite(alice, roomId, '@bob:test')).toMatchObject(refusal(403, 'M_BAD_STATE'));
    expect(await setMember(alice, roomId, '@bob:test', 'leave')).toMatchObject({ status: 200 });
    expect(await join(bob, roomId)).toMatchObject({ status: 200 });
    expect(await setMember(bob, roomId, '@alice:test', 'leave')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  it('CLI-084 CLI-085 CLI-087 lets members of one room into another that allows it', async () => {
    const space = await open();
    await rooms.join(bob, space);
    const restricted = (allow: unknown) =>
      rooms.room(alice, {
        initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'restricted', allow } }],
      });
    const roomId = await restricted([{ type: 'm.room_membership', room_id: space }]);
    expect(await join(carol, roomId)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await join(bob, roomId)).toMatchObject({ status: 200 });
    expect(await member(roomId, '@bob:test')).toMatchObject({ join_authorised_via_users_server: '@alice:test' });
    expect(await join(bob, await restricted('nonsense'))).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  it('CLI-086 lets nobody in when nobody may invite', async () => {
    const space = await open();
    await rooms.join(bob, space);
    const roomId = await rooms.room(alice, {
      power_level_content_override: { invite: 200 },
      initial_state: [
        {
          type: 'm.room.join_rules',
          content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] },
        },
      ],
    });
    // Creators of version 12 may always invite.
    expect(await join(bob, roomId)).toMatchObject(
      version === '12' ? { status: 200 } : refusal(403, 'M_UNABLE_TO_GRANT_JOIN'),
    );
  });

  it('lets guests in only where they are welcome', async () => {
    const guest = await rooms.user('guest', { isGuest: true });
    expect(await join(guest, await open())).toMatchObject(refusal(403, 'M_GUEST_ACCESS_FORBIDDEN'));
    const roomId = await rooms.room(alice, {
      preset: 'public_chat',
      initial_state: [{ type: 'm.room.guest_access', content: { guest_access: 'can_join' } }],
    });
    expect(await join(guest, roomId)).toMatchObject({ status: 200 });
  });

  it('CLI-090 CLI-091 lists the joined to the joined', async () => {
    const roomId = await open();
    await rooms.join(bob, roomId);
    const list = () => rooms.call('joinedMembers', { requester: bob, params: { roomId } });
    expect(await list()).toEqual({
      status: 200,
      body: {
        joined: {
          '@alice:test': { display_name: 'alice', avatar_url: null },
          '@bob:test': { display_name: 'bob', avatar_url: null },
        },
      },
    });
    await rooms.leave(bob, roomId);
    expect(await list()).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  it('CLI-092 filters the member list, and gives it as of a token', async () => {
    const roomId = await open();
    await rooms.join(bob, roomId);
    const at = (await rooms.sync(alice)).body['next_batch'] as string;
    await rooms.leave(bob, roomId);
    const list = async (query: Record<string, string[]>, requester = alice) => {
      const { status, body } = await rooms.call('members', { requester, params: { roomId }, query });
      const chunk = (body['chunk'] ?? []) as { state_key: string }[];
      return { status, members: chunk.map(({ state_key }) => state_key).sort() };
    };
    expect(await list({})).toEqual({ status: 200, members: ['@alice:test', '@bob:test'] });
    expect(await list({ membership: ['join'] })).toEqual({ status: 200, members: ['@alice:test'] });
    expect(await list({ not_membership: ['leave'] })).toEqual({ status: 200, members: ['@alice:test'] });
    expect(await list({ membership: ['join'], at: [at] })).toEqual({
      status: 200,
      members: ['@alice:test', '@bob:test'],
    });
    expect((await list({ at: ['garbage'] })).status).toBe(400);
    expect((await list({ membership: ['friend'] })).status).toBe(400);
    expect((await list({}, carol)).status).toBe(403);
  });

  it('lists the rooms one is in, right after joining and leaving', async () => {
    const dave = await rooms.user(`dave${version}`);
    const roomId = await open();
    await rooms.join(dave, roomId);
    expect(await rooms.call('joinedRooms', { requester: dave })).toEqual({
      status: 200,
      body: { joined_rooms: [roomId] },
    });
    await rooms.leave(dave, roomId);
    expect(await rooms.call('joinedRooms', { requester: dave })).toEqual({ status: 200, body: { joined_rooms: [] } });
  });

  it('lets a suspended account leave and nothing else', async () => {
    const roomId = await open();
    await rooms.join(bob, roomId);
    const suspended = { ...bob, suspended: true };
    expect(await rooms.trySay(suspended, roomId, 'no')).toMatchObject(refusal(403, 'M_USER_SUSPENDED'));
    expect(await invite(suspended, roomId, '@carol:test')).toMatchObject(refusal(403, 'M_USER_SUSPENDED'));
    expect(await rooms.trySetState(suspended, roomId, 'org.x', {})).toMatchObject(refusal(403, 'M_USER_SUSPENDED'));
    expect(await setMember(suspended, roomId, '@bob:test', 'leave')).toMatchObject({ status: 200 });
    expect(await join(suspended, roomId)).toMatchObject(refusal(403, 'M_USER_SUSPENDED'));
  });
});
