import type { Requester } from '@ganglion/contracts';
import { RoomsUnderTest, eventIdOf, must, refusal } from '../rooms.fixture.js';

type Served = { event_id: string; type: string; sender: string; content: Record<string, unknown> } & {
  state_key?: string;
  unsigned: Record<string, unknown>;
};

describe.each(['11', '12'])('sending and reading, version %s', (version) => {
  let rooms: RoomsUnderTest;
  let alice: Requester;
  let bob: Requester;
  let carol: Requester;
  beforeAll(async () => {
    rooms = await RoomsUnderTest.start({ env: { GANGLION_DEFAULT_ROOM_VERSION: version } });
    [alice, bob, carol] = [await rooms.user('alice'), await rooms.user('bob'), await rooms.user('carol')];
  });
  afterAll(() => rooms?.stop());

  const open = async (...members: Requester[]) => {
    const roomId = await rooms.room(alice, { preset: 'public_chat' });
    for (const member of members) await rooms.join(member, roomId);
    return roomId;
  };
  const read = (requester: Requester, roomId: string, eventId: string) =>
    rooms.call('getEvent', { requester, params: { roomId, eventId } });
  const page = async (requester: Requester, roomId: string, query: Record<string, string>) => {
    const { body } = must(await rooms.messages(requester, roomId, query));
    return body as { start: string; end?: string; chunk: Served[]; state?: Served[] };
  };
  const texts = (events: Served[]) => events.map(({ content }) => content['body']).filter(Boolean);

  it('CLI-100 gives what was sent to event, messages and sync at once', async () => {
    const roomId = await open();
    const eventId = await rooms.say(alice, roomId, 'now', `now${version}`);
    const event = must(await read(alice, roomId, eventId)).body;
    expect(event).toMatchObject({
      event_id: eventId,
      room_id: roomId,
      sender: '@alice:test',
      content: { body: 'now' },
      unsigned: { transaction_id: `now${version}`, age: expect.any(Number), membership: 'join' },
    });
    for (const hidden of ['depth', 'hashes', 'signatures', 'auth_events', 'prev_events']) {
      expect(event).not.toHaveProperty(hidden);
    }
    expect((await page(alice, roomId, { dir: 'b', limit: '1' })).chunk).toMatchObject([{ event_id: eventId }]);
    expect((await rooms.sync(alice)).body).toMatchObject({ rooms: { join: { [roomId]: {} } } });
  });

  it('CLI-101 CLI-102 gives a repeated transaction the first event, whatever the body, but not elsewhere', async () => {
    const [roomId, other] = [await open(), await open()];
    const first = await rooms.say(alice, roomId, 'one', 'same');
    expect(await rooms.say(alice, roomId, 'two', 'same')).toBe(first);
    expect(texts((await page(alice, roomId, { dir: 'b', limit: '50' })).chunk)).toEqual(['one']);
    const elsewhere = [
      await rooms.say(alice, other, 'one', 'same'),
      await rooms.say({ ...alice, deviceId: 'OTHER' }, roomId, 'one', 'same'),
      eventIdOf(
        must(
          await rooms.call('sendEvent', {
            requester: alice,
            params: { roomId, eventType: 'org.other', txnId: 'same' },
            body: {},
          }),
        ),
      ),
    ];
    expect(new Set([first, ...elsewhere]).size).toBe(4);
  });

  it('CLI-103 makes one event of twenty equal requests at once', async () => {
    const roomId = await open();
    const ids = await Promise.all(Array.from({ length: 20 }, () => rooms.say(alice, roomId, 'once', 'parallel')));
    expect(new Set(ids).size).toBe(1);
    expect(texts((await page(alice, roomId, { dir: 'b', limit: '50' })).chunk)).toEqual(['once']);
  });

  it('does not remember a failure', async () => {
    const roomId = await open();
    expect(await rooms.trySay(bob, roomId, 'let me', 'later')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    await rooms.join(bob, roomId);
    expect(await rooms.trySay(bob, roomId, 'let me', 'later')).toMatchObject({ status: 200 });
  });

  it('CLI-105 takes nothing from outside', async () => {
    const roomId = await open();
    expect(await rooms.trySay(alice, '!unknown:test', 'x')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    await rooms.invite(alice, roomId, '@bob:test');
    expect(await rooms.trySay(bob, roomId, 'x')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    await rooms.join(bob, roomId);
    await rooms.leave(bob, roomId);
    expect(await rooms.trySay(bob, roomId, 'x')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    await rooms.setState(alice, roomId, 'm.room.member', { membership: 'ban' }, '@bob:test');
    expect(await rooms.trySay(bob, roomId, 'x')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
  });

  it('keeps one order per room under many writers', async () => {
    const roomId = await open(bob, carol);
    const writers = [alice, bob, carol];
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, i) => rooms.say(writers[i % 3]!, roomId, `w${i}`, `order${i}`)),
    );
    const { chunk } = await page(alice, roomId, { dir: 'f', limit: '200' });
    const said = chunk.filter(({ type }) => type === 'm.room.message');
    expect(said.map(({ event_id }) => event_id).sort()).toEqual([...ids].sort());
  });

  it.each([
    ['CLI-049 a message without msgtype', 'm.room.message', { body: 'x' }, 400, 'M_BAD_JSON'],
    ['a create event', 'm.room.create', {}, 400, 'M_BAD_JSON'],
    ['a number that JSON cannot carry', 'org.x', { n: 1.5 }, 400, 'M_BAD_JSON'],
    ['an event over 65,536 bytes', 'org.x', { text: 'x'.repeat(66_000) }, 413, 'M_TOO_LARGE'],
    ['a type over 255 bytes', 'x'.repeat(256), {}, 413, 'M_TOO_LARGE'],
    ['a type with NUL in it', 'a\0b', {}, 400, 'M_INVALID_PARAM'],
    [
      'a relation to what is not there',
      'org.x',
      { 'm.relates_to': { rel_type: 'x', event_id: '$no' } },
      400,
      'M_UNKNOWN',
    ],
    [
      'a relation to what cannot be',
      'org.x',
      { 'm.relates_to': { rel_type: 'x', event_id: '$a\0b' } },
      400,
      'M_UNKNOWN',
    ],
    ['a redaction of what cannot be', 'm.room.redaction', { redacts: '$a\0b' }, 404, 'M_NOT_FOUND'],
    ['a redaction of nothing', 'm.room.redaction', {}, 404, 'M_NOT_FOUND'],
    ['a member event without a state key', 'm.room.member', { membership: 'join' }, 403, 'M_FORBIDDEN'],
  ])('refuses %s', async (_, eventType, body, status, errcode) => {
    const params = { roomId: await open(), eventType, txnId: 'x' };
    expect(await rooms.call('sendEvent', { requester: alice, params, body })).toMatchObject(refusal(status, errcode));
  });

  it('CLI-037 CLI-043 CLI-044 CLI-047 CLI-048 refuses state that may not be set', async () => {
    const roomId = await open(bob);
    const set = (requester: Requester, type: string, body: object, key = '') =>
      rooms.trySetState(requester, roomId, type, body as Record<string, unknown>, key);
    expect(await set(alice, 'm.room.create', {})).toMatchObject({ status: 400 });
    for (const type of ['m.room.name', 'm.room.power_levels', 'm.room.encryption']) {
      expect(await set(bob, type, {})).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    }
    expect(await set(alice, 'm.room.power_levels', { users: { '@b:test': '50' } })).toMatchObject(
      refusal(400, 'M_BAD_JSON'),
    );
    expect(await set(alice, 'org.x', {}, '@carol:test')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await set(alice, 'm.room.server_acl', { allow: ['other'] })).toMatchObject({ status: 400 });
    expect(await set(alice, 'm.room.tombstone', { replacement_room: roomId })).toMatchObject({ status: 400 });
    expect(await set(alice, 'm.room.canonical_alias', { alias: '#no:test' })).toMatchObject(
      refusal(400, 'M_BAD_ALIAS'),
    );
    expect(await set(alice, 'm.room.canonical_alias', { alias: 'no' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await set(alice, 'm.room.member', { membership: 'invite' }, '@a\0b:test')).toMatchObject(
      refusal(400, 'M_INVALID_PARAM'),
    );
    expect(await set(alice, 'org.x', {}, 'a\0b')).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
  });

  it('CLI-045 lets nobody raise others above themselves', async () => {
    const roomId = await open(bob);
    const users = { ...(version === '12' ? {} : { '@alice:test': 100 }), '@bob:test': 50 };
    await rooms.setState(alice, roomId, 'm.room.power_levels', { users });
    const raised = { users: { ...users, '@bob:test': 51 } };
    expect(await rooms.trySetState(bob, roomId, 'm.room.power_levels', raised)).toMatchObject(
      refusal(403, 'M_FORBIDDEN'),
    );
  });

  it('CLI-039 CLI-040 CLI-041 CLI-042 reads and repeats state', async () => {
    const roomId = await open();
    const first = await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'a' });
    expect(await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'a' })).toBe(first);
    const withoutKey = { requester: alice, params: { roomId, eventType: 'm.room.topic' } };
    expect(await rooms.call('getState', withoutKey)).toEqual(await rooms.state(alice, roomId, 'm.room.topic'));
    expect(await rooms.call('getState', { ...withoutKey, query: { format: ['event'] } })).toMatchObject({
      body: { event_id: first, room_id: roomId, state_key: '', content: { topic: 'a' } },
    });
    expect(await rooms.state(alice, roomId, 'm.room.avatar')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    expect(await rooms.state(alice, roomId, 'm.room.avatar', 'a\0b')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    const second = await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'b' });
    expect(must(await read(alice, roomId, second)).body).toMatchObject({
      unsigned: { replaces_state: first, prev_content: { topic: 'a' } },
    });
  });

  it('CLI-050 CLI-051 shows nothing to strangers, nor whether there is anything', async () => {
    const roomId = await open();
    for (const id of [roomId, '!unknown:test', '!a\0b:test']) {
      const request = { requester: bob, params: { roomId: id, eventType: 'm.room.name' } };
      for (const route of ['getAllState', 'getState', 'members', 'joinedMembers', 'messages'] as const) {
        expect(await rooms.call(route, request)).toMatchObject(refusal(403, 'M_FORBIDDEN'));
      }
    }
  });

  it('CLI-120 CLI-121 CLI-122 redacts with a message, as far as one may', async () => {
    const roomId = await open(bob);
    const redact = (requester: Requester, redacts: string, txnId: string) =>
      rooms.call('sendEvent', {
        requester,
        params: { roomId, eventType: 'm.room.redaction', txnId },
        body: { redacts },
      });
    const [hers, his] = [await rooms.say(alice, roomId, 'hers'), await rooms.say(bob, roomId, 'his')];
    expect(await redact(bob, hers, 'r1')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    const redaction = eventIdOf(must(await redact(alice, his, 'r2')));
    expect(must(await read(bob, roomId, his)).body).toMatchObject({
      content: {},
      unsigned: { redacted_because: { event_id: redaction, sender: '@alice:test' } },
    });
    expect(must(await read(bob, roomId, redaction)).body).toMatchObject({ redacts: his, content: { redacts: his } });
    expect(await redact(alice, '$nothing', 'r3')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    const { chunk } = await page(alice, roomId, { dir: 'f', limit: '1' });
    expect(await redact(alice, chunk[0]!.event_id, 'r4')).toMatchObject(refusal(403, 'M_FORBIDDEN'));
    expect(await redact({ ...bob, suspended: true }, hers, 'r5')).toMatchObject(refusal(403, 'M_USER_SUSPENDED'));
  });

  it('CLI-123 leaves a member whose member event was redacted in the room, without a name', async () => {
    const roomId = await open(bob);
    const { body } = must(
      await rooms.call('getState', {
        requester: bob,
        params: { roomId, eventType: 'm.room.member', stateKey: '@bob:test' },
        query: { format: ['event'] },
      }),
    );
    must(
      await rooms.call('sendEvent', {
        requester: bob,
        params: { roomId, eventType: 'm.room.redaction', txnId: 'me' },
        body: { redacts: body['event_id'] },
      }),
    );
    expect((await rooms.state(alice, roomId, 'm.room.member', '@bob:test')).body).toEqual({ membership: 'join' });
    expect(await rooms.trySay(bob, roomId, 'still here')).toMatchObject({ status: 200 });
  });

  it('lets an appservice choose the time of an event, and nobody else', async () => {
    const roomId = await open();
    const at = async (requester: Requester, txnId: string) => {
      const sent = await rooms.call('sendEvent', {
        requester,
        params: { roomId, eventType: 'org.x', txnId },
        query: { ts: ['1234'] },
        body: {},
      });
      return must(await read(alice, roomId, eventIdOf(sent))).body['origin_server_ts'];
    };
    expect(await at({ ...alice, appServiceId: 'irc' }, 'as')).toBe(1234);
    expect(await at(alice, 'user')).not.toBe(1234);
  });

  it('CLI-104 CLI-156 remembers transactions and tokens over a restart', async () => {
    const roomId = await open();
    const eventId = await rooms.say(alice, roomId, 'before', 'kept');
    const since = (await rooms.sync(alice)).body['next_batch'] as string;
    await rooms.restart();
    expect(await rooms.say({ ...alice, accessTokenId: 'another' }, roomId, 'after', 'kept')).toBe(eventId);
    expect((await rooms.sync(alice, { since })).empty).toBe(true);
    await rooms.say(alice, roomId, 'new');
    expect((await rooms.sync(alice, { since })).body).toMatchObject({
      rooms: { join: { [roomId]: { timeline: { events: [{ content: { body: 'new' } }], limited: false } } } },
    });
  });
});
