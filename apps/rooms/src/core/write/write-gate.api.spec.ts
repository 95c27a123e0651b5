import { RoomsUnderTest, refusal } from '../../rooms.fixture.js';

it('writes nothing while it cannot know whom moderation has restricted', async () => {
  const env = {
    GANGLION_FENCE__LEASE_MS: '500',
    GANGLION_FENCE__RENEW_EVERY_MS: '100',
    GANGLION_FENCE__WRITER_ABSENT_GRACE_MS: '0',
  };
  const rooms = await RoomsUnderTest.start({ env });
  try {
    const alice = await rooms.user('alice');
    const roomId = await rooms.room(alice);
    rooms.stopFence('moderation');
    // What is under way may still end well; from the end of the lease on nothing does.
    let answer = await rooms.trySay(alice, roomId, 'x');
    while (answer.status === 200) answer = await rooms.trySay(alice, roomId, 'x');
    expect(answer).toMatchObject(refusal(503, 'M_UNKNOWN', { retry_after_ms: 500 }));
    expect(await rooms.messages(alice, roomId)).toMatchObject({ status: 200 });
  } finally {
    await rooms.stop();
  }
});
