import type { Requester } from '@ganglion/contracts';
import { RoomsUnderTest, eventIdOf, must, refusal } from '../../rooms.fixture.js';

const FAKE_ID = expect.stringMatching(/^\$[A-Za-z0-9_-]{43}$/) as string;

describe('what a shadow-banned account does', () => {
  let rooms: RoomsUnderTest;
  let alice: Requester;
  let troll: Requester;
  let roomId: string;
  beforeAll(async () => {
    rooms = await RoomsUnderTest.start();
    alice = await rooms.user('alice');
    troll = await rooms.user('troll');
    roomId = await rooms.room(alice, { preset: 'public_chat' });
    await rooms.join(troll, roomId);
    await rooms.setState(alice, roomId, 'm.room.power_levels', {
      users: { '@alice:test': 100, '@troll:test': 50 },
    });
    await rooms.say(troll, roomId, 'before');
    await rooms.shadowBan(troll.userId);
  });
  afterAll(() => rooms?.stop());

  const position = async () => (await rooms.sync(alice)).body['next_batch'];
  const send = (eventType: string, txnId: string, body: object) =>
    rooms.call('sendEvent', { requester: troll, params: { roomId, eventType, txnId }, body });

  it('is answered like anybody, and nothing of it happens', async () => {
    const before = await position();
    const said = await rooms.trySay(troll, roomId, 'psst', 'a');
    expect(said).toEqual({ status: 200, body: { event_id: FAKE_ID } });
    expect(await rooms.trySetState(troll, roomId, 'm.room.topic', { topic: 'mine' })).toEqual({
      status: 200,
      body: { event_id: FAKE_ID },
    });
    const { body } = await rooms.messages(alice, roomId, { dir: 'b', limit: '50' });
    const his = (body['chunk'] as { event_id: string; content: { body?: string } }[]).find(
      ({ content }) => content.body === 'before',
    )!;
    expect(await send('m.room.redaction', 'r', { redacts: his.event_id })).toEqual({
      status: 200,
      body: { event_id: FAKE_ID },
    });
    const invite = { requester: troll, params: { roomId }, body: { user_id: '@dave:test' } };
    expect(await rooms.call('invite', invite)).toEqual({ status: 200, body: {} });
    expect(await rooms.trySetState(troll, roomId, 'm.room.member', { membership: 'ban' }, '@dave:test')).toMatchObject({
      status: 200,
    });
    expect(await position()).toBe(before);
  });

  it('has the same false id for the same transaction, also after a restart', async () => {
    const first = eventIdOf(await rooms.trySay(troll, roomId, 'psst', 'again'));
    expect(eventIdOf(await rooms.trySay(troll, roomId, 'other', 'again'))).toBe(first);
    expect(eventIdOf(await rooms.trySay(troll, roomId, 'psst', 'another'))).not.toBe(first);
    await rooms.restart();
    expect(eventIdOf(await rooms.trySay(troll, roomId, 'psst', 'again'))).toBe(first);
  });

  it('is judged before it is dropped', async () => {
    expect(await send('m.room.message', 'bad', { body: 'x' })).toMatchObject(refusal(400, 'M_BAD_JSON'));
    expect(await send('org.x', 'large', { text: 'x'.repeat(66_000) })).toMatchObject(refusal(413, 'M_TOO_LARGE'));
    expect(await rooms.trySay(troll, '!other:test', 'x')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await rooms.trySetState(troll, roomId, 'm.room.server_acl', { allow: ['*'] })).toMatchObject({
      status: 200,
    });
    const own = { requester: troll, params: { roomId }, body: { user_id: '@alice:test' } };
    expect(await rooms.call('invite', own)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  it('keeps the name it had in a room', async () => {
    const before = must(
      await rooms.call('getState', {
        requester: alice,
        params: { roomId, eventType: 'm.room.member', stateKey: troll.userId },
        query: { format: ['event'] },
      }),
    ).body;
    const renamed = { membership: 'join', displayname: 'other' };
    expect(await rooms.trySetState(troll, roomId, 'm.room.member', renamed, troll.userId)).toEqual({
      status: 200,
      body: { event_id: before['event_id'] },
    });
    expect((await rooms.state(alice, roomId, 'm.room.member', troll.userId)).body).toMatchObject({
      displayname: 'troll',
    });
  });

  it('joins and leaves for everybody to see, without a word', async () => {
    const other = await rooms.room(alice, { preset: 'public_chat' });
    must(
      await rooms.call('join', { requester: troll, params: { roomId: other }, body: { reason: 'psst', 'org.x': 1 } }),
    );
    const member = async () => (await rooms.state(alice, other, 'm.room.member', troll.userId)).body;
    expect(await member()).toEqual({ membership: 'join', displayname: 'troll' });
    must(await rooms.call('leave', { requester: troll, params: { roomId: other }, body: { reason: 'psst' } }));
    expect(await member()).toEqual({ membership: 'leave' });
  });

  it('creates rooms that others may join, and invites nobody', async () => {
    const created = await rooms.room(troll, { preset: 'public_chat', invite: ['@alice:test'] });
    expect((await rooms.sync(alice)).body).not.toMatchObject({ rooms: { invite: { [created]: {} } } });
    await rooms.join(alice, created);
  });

  it('sees everything as before', async () => {
    const eventId = await rooms.say(alice, roomId, 'hello');
    expect(await rooms.call('getEvent', { requester: troll, params: { roomId, eventId } })).toMatchObject({
      status: 200,
    });
  });

  it('counts again when the ban is lifted, and what was dropped stays dropped', async () => {
    await rooms.liftShadowBan(troll.userId);
    const eventId = await rooms.say(troll, roomId, 'back');
    expect(await rooms.call('getEvent', { requester: alice, params: { roomId, eventId } })).toMatchObject({
      status: 200,
    });
    const { body } = await rooms.messages(alice, roomId, { dir: 'b', limit: '100' });
    expect(JSON.stringify(body)).not.toContain('psst');
  });

  it('is banned only when nothing is under way any more that was judged before', async () => {
    const release = await rooms.holdAppends();
    let answered = false;
    const sending = rooms.trySay(troll, roomId, 'just in time');
    await until(async () => (await waitingAppends()) > 0);
    await rooms.decideShadowBan(troll.userId);
    await until(async () => (await rooms.positions())['rooms.restrictions'] === rooms.heads().moderation);
    const banning = rooms.inForce('moderation').then(() => (answered = true));
    // The service has been asked to acknowledge before it is asked this, and answers in order.
    await rooms.positions();
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    await release();
    const eventId = eventIdOf(await sending);
    await banning;
    expect(await rooms.call('getEvent', { requester: alice, params: { roomId, eventId } })).toMatchObject({
      status: 200,
    });
    const before = await position();
    await rooms.trySay(troll, roomId, 'too late');
    expect(await position()).toBe(before);
  });

  async function waitingAppends(): Promise<number> {
    const rows = await rooms.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%append(%'`,
    );
    return rows.length;
  }
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}

describe('an account that is gone', () => {
  it('writes nothing, although the gateway had let it through', async () => {
    const rooms = await RoomsUnderTest.start();
    try {
      const alice = await rooms.user('alice');
      const roomId = await rooms.room(alice);
      await rooms.decided({
        type: 'account.deactivated',
        data: { userId: alice.userId, erase: false, byAdmin: true },
      });
      expect(await rooms.trySay(alice, roomId, 'x')).toMatchObject(refusal(401, 'M_UNKNOWN_TOKEN'));
    } finally {
      await rooms.stop();
    }
  });

  it('nor does a session that has ended, while others of the account go on', async () => {
    const rooms = await RoomsUnderTest.start();
    try {
      const alice = await rooms.user('alice');
      const roomId = await rooms.room(alice);
      const revoked = (tokenId: string) =>
        rooms.decided({
          type: 'token.revoked',
          data: { tokenId, tokenHash: 'hash', ownerUserId: alice.userId, reason: 'logout' },
        });
      await revoked('of another session');
      expect((await rooms.trySay(alice, roomId, 'x')).body).toHaveProperty('event_id');
      await revoked(alice.accessTokenId!);
      expect(await rooms.trySay(alice, roomId, 'y')).toMatchObject(refusal(401, 'M_UNKNOWN_TOKEN'));
    } finally {
      await rooms.stop();
    }
  });
});
