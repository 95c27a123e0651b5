import type { Requester } from '@ganglion/contracts';
import { RoomsUnderTest, must, refusal } from '../rooms.fixture.js';

type Served = { event_id: string; type: string; sender: string; content: Record<string, unknown> } & {
  state_key?: string;
  unsigned: Record<string, unknown>;
};

describe.each(['11', '12'])('the history of a room, version %s', (version) => {
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
  const sayMany = async (roomId: string, count: number, requester = alice) => {
    for (let i = 1; i <= count; i++) await rooms.say(requester, roomId, `m${i}`);
  };
  const setHistory = (roomId: string, history_visibility: string) =>
    rooms.setState(alice, roomId, 'm.room.history_visibility', { history_visibility });

  it('CLI-107 pages backwards without gap or repetition to the beginning', async () => {
    const roomId = await open();
    await sayMany(roomId, 20);
    const sync = (await rooms.sync(alice, { filter: JSON.stringify({ room: { timeline: { limit: 5 } } }) })).body;
    const { timeline } = (
      sync['rooms'] as { join: Record<string, { timeline: { events: Served[]; prev_batch: string } }> }
    ).join[roomId]!;
    const seen = timeline.events.map(({ event_id }) => event_id).reverse();
    for (let from: string | undefined = timeline.prev_batch; from;) {
      const { chunk, end }: { chunk: Served[]; end?: string } = await page(alice, roomId, {
        dir: 'b',
        from,
        limit: '7',
      });
      seen.push(...chunk.map(({ event_id }) => event_id));
      from = end;
      if (!end) expect(chunk.at(-1)).toMatchObject({ type: 'm.room.create' });
    }
    const { chunk: all } = await page(alice, roomId, { dir: 'f', limit: '100' });
    expect(seen.reverse()).toEqual(all.map(({ event_id }) => event_id));
  });

  it('CLI-108 CLI-111 pages forwards from the beginning, and in no other direction', async () => {
    const roomId = await open();
    await sayMany(roomId, 3);
    const first = await page(alice, roomId, { dir: 'f', limit: '5' });
    expect(first.chunk[0]).toMatchObject({ type: 'm.room.create', room_id: roomId });
    const rest = await page(alice, roomId, { dir: 'f', limit: '50', from: first.end! });
    expect(texts(rest.chunk)).toEqual(['m1', 'm2', 'm3']);
    expect(rest).not.toHaveProperty('end');
    expect(await rooms.messages(alice, roomId, { dir: 'x' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await rooms.messages(alice, roomId, { dir: 'b', from: 'x' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
    expect(await rooms.messages(alice, roomId, { dir: 'b', from: 's1_00000000_r5' })).toMatchObject(
      refusal(400, 'M_INVALID_PARAM'),
    );
    expect(await rooms.messages(alice, roomId, { limit: '-1' })).toMatchObject(refusal(400, 'M_INVALID_PARAM'));
  });

  it('CLI-109 CLI-110 filters a page, and adds the members who speak on it', async () => {
    const roomId = await open(bob, carol);
    await rooms.say(alice, roomId, 'a');
    await rooms.say(bob, roomId, 'b');
    const filter = (definition: object) => JSON.stringify(definition);
    const bobs = await page(alice, roomId, {
      dir: 'b',
      filter: filter({ senders: ['@bob:test'], types: ['m.*message'] }),
    });
    expect(texts(bobs.chunk)).toEqual(['b']);
    const withUrl = await page(alice, roomId, { dir: 'b', limit: '50', filter: filter({ contains_url: true }) });
    expect(withUrl.chunk).toEqual([]);
    const lazy = await page(alice, roomId, { dir: 'b', limit: '2', filter: filter({ lazy_load_members: true }) });
    expect(lazy.state!.map(({ state_key }) => state_key).sort()).toEqual(['@alice:test', '@bob:test']);
    expect(await rooms.messages(alice, roomId, { filter: '{bad' })).toMatchObject(refusal(400, 'M_NOT_JSON'));
    expect(await rooms.messages(alice, roomId, { filter: filter({ senders: 'x' }) })).toMatchObject(
      refusal(400, 'M_BAD_JSON'),
    );
  });

  it('CLI-068 CLI-112 shows somebody who left the room as it was then', async () => {
    const roomId = await open(bob);
    await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'then' });
    await sayMany(roomId, 5);
    await rooms.leave(bob, roomId);
    await sayMany(roomId, 5);
    await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'now' });
    const back = await page(bob, roomId, { dir: 'b', limit: '3' });
    expect(back.chunk[0]).toMatchObject({ type: 'm.room.member', state_key: '@bob:test' });
    expect(texts(back.chunk)).toEqual(['m5', 'm4']);
    expect((await page(bob, roomId, { dir: 'f', from: back.start })).chunk).toEqual([]);
    expect((await rooms.state(bob, roomId, 'm.room.topic')).body).toEqual({ topic: 'then' });
    const { body } = must(await rooms.call('members', { requester: bob, params: { roomId } }));
    expect((body['chunk'] as Served[]).map(({ state_key }) => state_key).sort()).toEqual(['@alice:test', '@bob:test']);
  });

  it('shows somebody whose ban was lifted no more than before the ban', async () => {
    const roomId = await open(bob);
    await rooms.setState(alice, roomId, 'm.room.member', { membership: 'ban' }, '@bob:test');
    await rooms.setState(alice, roomId, 'm.room.topic', { topic: 'without bob' });
    await rooms.setState(alice, roomId, 'm.room.member', { membership: 'leave' }, '@bob:test');
    expect(await rooms.state(bob, roomId, 'm.room.topic')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
  });

  it('CLI-113 CLI-114 CLI-115 shows of the time before the join what the history allows', async () => {
    const before = async (visibility: string, invited: boolean) => {
      const roomId = await open();
      await setHistory(roomId, visibility);
      const early = await rooms.say(alice, roomId, 'early');
      if (invited) await rooms.invite(alice, roomId, '@bob:test');
      const late = await rooms.say(alice, roomId, 'late');
      await rooms.join(bob, roomId);
      return [(await read(bob, roomId, early)).status, (await read(bob, roomId, late)).status];
    };
    expect(await before('joined', true)).toEqual([404, 404]);
    expect(await before('shared', true)).toEqual([200, 200]);
    expect(await before('invited', true)).toEqual([404, 200]);
    expect(await before('invited', false)).toEqual([404, 404]);
  });

  it('CLI-116 shows everybody what the world may read', async () => {
    const roomId = await open();
    await setHistory(roomId, 'world_readable');
    const eventId = await rooms.say(alice, roomId, 'hear');
    expect(await read(carol, roomId, eventId)).toMatchObject({
      status: 200,
      body: { unsigned: { membership: 'leave' } },
    });
    expect(await rooms.call('getAllState', { requester: carol, params: { roomId } })).toMatchObject({ status: 200 });
    expect(texts((await page(carol, roomId, { dir: 'b', limit: '1' })).chunk)).toEqual(['hear']);
  });

  it('CLI-117 keeps hidden what was sent under a closed history', async () => {
    const roomId = await open();
    await setHistory(roomId, 'joined');
    const hidden = await rooms.say(alice, roomId, 'hidden');
    await setHistory(roomId, 'shared');
    await rooms.join(bob, roomId);
    expect(await read(bob, roomId, hidden)).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    const { chunk } = await page(bob, roomId, { dir: 'b', limit: '50' });
    expect(chunk.map(({ event_id }) => event_id)).not.toContain(hidden);
  });

  it('tells an event of another room as little as one that is not there', async () => {
    const [roomId, other] = [await open(), await open()];
    const eventId = await rooms.say(alice, other, 'there');
    expect(await read(alice, roomId, eventId)).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    expect(await read(alice, roomId, '$nothing')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
    expect(await read(alice, roomId, 'a\0b')).toMatchObject(refusal(404, 'M_NOT_FOUND'));
  });
});
