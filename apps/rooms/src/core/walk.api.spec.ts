import type { Requester } from '@ganglion/contracts';
import { RoomsUnderTest } from '../rooms.fixture.js';

let rooms: RoomsUnderTest;
let alice: Requester;
let bob: Requester;
beforeAll(async () => {
  rooms = await RoomsUnderTest.start();
  alice = await rooms.user('alice');
  bob = await rooms.user('bob');
});
afterAll(() => rooms?.stop());

it('walks', async () => {
  const created = await rooms.call('createRoom', { requester: alice, body: { preset: 'public_chat', name: 'Walk' } });
  expect(created).toMatchObject({ status: 200 });
  const roomId = created.body['room_id'] as string;
  expect(await rooms.call('join', { requester: bob, params: { roomId } })).toEqual({
    status: 200,
    body: { room_id: roomId },
  });
  const sent = await rooms.call('sendEvent', {
    requester: bob,
    params: { roomId, eventType: 'm.room.message', txnId: '1' },
    body: { msgtype: 'm.text', body: 'hello' },
  });
  expect(sent).toMatchObject({ status: 200 });
  const sync = await rooms.sync(alice);
  console.log(JSON.stringify(sync, null, 1));
  const next = await rooms.sync(alice, { since: sync.body['next_batch'] as string });
  expect(next.empty).toBe(true);
});
