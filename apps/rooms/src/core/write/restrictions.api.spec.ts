import type { AuthEvent, Requester } from '@ganglion/contracts';
import { RoomsUnderTest, refusal } from '../../rooms.fixture.js';

const LOCKED = refusal(401, 'M_USER_LOCKED', { soft_logout: true });
const ENDED = refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: false });
const SUSPENDED = refusal(403, 'M_USER_SUSPENDED');

/** Requests that the gateway let in before something was decided, and that are decided about after it. */
describe('a write that was let in before', () => {
  let rooms: RoomsUnderTest;
  let alice: Requester;
  let bob: Requester;
  let roomId: string;
  let nr = 0;
  beforeAll(async () => {
    rooms = await RoomsUnderTest.start();
    alice = await rooms.user('alice');
    roomId = await rooms.room(alice, { preset: 'public_chat' });
  });
  afterAll(() => rooms?.stop());
  beforeEach(async () => {
    bob = await rooms.user(`bob${++nr}`, { accessTokenId: `token-${nr}` });
    await rooms.join(bob, roomId);
  });

  const leave = (requester: Requester) => rooms.call('leave', { requester, params: { roomId } });
  const redact = (requester: Requester, eventId: string) =>
    rooms.call('sendEvent', {
      requester,
      params: { roomId, eventType: 'm.room.redaction', txnId: `r${eventId}` },
      body: { redacts: eventId },
    });

  it('is not written for an account that is locked', async () => {
    await rooms.restrict('user.locked', bob.userId);
    expect(await rooms.trySay(bob, roomId, 'no')).toMatchObject(LOCKED);
    expect(await rooms.trySetState(bob, roomId, 'm.room.member', { membership: 'leave' }, bob.userId)).toMatchObject(
      LOCKED,
    );
    expect(await leave(bob)).toMatchObject(LOCKED);
    expect(await rooms.call('createRoom', { requester: bob })).toMatchObject(LOCKED);
    await rooms.restrict('user.unlocked', bob.userId);
    await rooms.say(bob, roomId, 'yes');
  });

  it('is not written for a token whose owner is locked', async () => {
    await rooms.user('admin');
    const puppet = { ...bob, authenticatedEntity: '@admin:test' };
    await rooms.say(puppet, roomId, 'yes');
    await rooms.restrict('user.locked', '@admin:test');
    expect(await rooms.trySay(puppet, roomId, 'no')).toMatchObject(LOCKED);
    await rooms.say(bob, roomId, 'yes');
  });

  it('MOD-153 is not written for an account that is suspended, but for its leaving and its own words', async () => {
    const own = await rooms.say(bob, roomId, 'mine');
    const hers = await rooms.say(alice, roomId, 'hers');
    await rooms.restrict('user.suspended', bob.userId);
    expect(await rooms.trySay(bob, roomId, 'no')).toMatchObject(SUSPENDED);
    expect(await rooms.trySetState(bob, roomId, 'org.x', {})).toMatchObject(SUSPENDED);
    expect(await rooms.call('createRoom', { requester: bob })).toMatchObject(SUSPENDED);
    expect(
      await rooms.call('invite', { requester: bob, params: { roomId }, body: { user_id: '@carol:test' } }),
    ).toMatchObject(SUSPENDED);
    expect(await redact(bob, hers)).toMatchObject(SUSPENDED);
    expect(await redact(bob, own)).toMatchObject({ status: 200 });
    expect(await leave(bob)).toMatchObject({ status: 200 });
    expect(await rooms.call('join', { requester: bob, params: { roomId } })).toMatchObject(SUSPENDED);
    await rooms.restrict('user.unsuspended', bob.userId);
    await rooms.join(bob, roomId);
  });

  it.each(['logout', 'device_deleted', 'password_changed'] as const)(
    'is not written for a session that has ended by %s',
    async (reason) => {
      const { userId, accessTokenId } = bob;
      const revoked: AuthEvent = {
        type: 'token.revoked',
        data: { tokenId: accessTokenId!, tokenHash: 'hash', ownerUserId: userId, reason },
      };
      await rooms.decided(revoked);
      expect(await rooms.trySay(bob, roomId, 'no')).toMatchObject(ENDED);
      await rooms.say({ ...bob, accessTokenId: 'another' }, roomId, 'yes');
    },
  );

  it('is not written for an account that is deactivated', async () => {
    await rooms.decided({ type: 'account.deactivated', data: { userId: bob.userId, erase: false, byAdmin: false } });
    expect(await rooms.trySay({ ...bob, accessTokenId: 'another' }, roomId, 'no')).toMatchObject(ENDED);
  });

  it('is refused after a restart as well: the restrictions are read anew', async () => {
    await rooms.restrict('user.suspended', bob.userId);
    await rooms.user('carol');
    await rooms.restrict('user.locked', '@carol:test');
    await rooms.restart();
    expect(await rooms.trySay(bob, roomId, 'no')).toMatchObject(SUSPENDED);
    const carol = { ...bob, userId: '@carol:test', authenticatedEntity: '@carol:test' };
    expect(await rooms.call('createRoom', { requester: carol })).toMatchObject(LOCKED);
  });
});
