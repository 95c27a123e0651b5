import { RoomsUnderTest, must } from '../../rooms.fixture.js';

const TABLES = ['room', 'room_event', 'room_state', 'membership', 'txn', 'alias'];

it('CLI-275 makes the same read model again from the log', async () => {
  const rooms = await RoomsUnderTest.start();
  try {
    const [alice, bob] = [await rooms.user('alice'), await rooms.user('bob')];
    const roomId = await rooms.room(alice, { preset: 'public_chat', room_alias_name: 'a', invite: ['@carol:test'] });
    await rooms.join(bob, roomId);
    await rooms.setState(alice, roomId, 'm.room.name', { name: 'One' });
    const named = await rooms.setState(alice, roomId, 'm.room.name', { name: 'Two' });
    const said = await rooms.say(bob, roomId, 'hello', 'txn');
    for (const redacts of [said, named]) {
      const params = { roomId, eventType: 'm.room.redaction', txnId: redacts };
      must(await rooms.call('sendEvent', { requester: alice, params, body: { redacts } }));
    }
    await rooms.leave(bob, roomId);
    // Whoever asks for this waits for the read model.
    must(await rooms.call('joinedRooms', { requester: alice }));

    const contents = () =>
      Promise.all(TABLES.map((table) => rooms.query(`select t.* from ${table} t order by t::text`)));
    const before = await contents();
    expect(before.every((rows) => rows.length > 0)).toBe(true);
    await rooms.restart({}, () => rooms.query(`truncate ${TABLES.join(', ')}, cursor`));
    must(await rooms.call('joinedRooms', { requester: alice }));
    expect(await contents()).toEqual(before);
  } finally {
    await rooms.stop();
  }
});
