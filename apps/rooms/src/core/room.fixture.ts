import { parseCreateRoom, planRoom, requireRoomVersion, signingKeyFromSeed } from '@ganglion/matrix';
import { decideCreateRoom, derivedRoomId } from './create-room/create-room.js';
import { evolveRoom, initialRoom, type Room } from './room.js';
import { accept, type Origin } from './write/accept.js';

const ALICE = '@alice:x';

/** A room that `@alice:x` has just made, and ways to go on with it; nothing in it depends on time or chance. */
export function newRoom(versionId: string, body: Record<string, unknown> = {}) {
  const version = requireRoomVersion(versionId);
  const signer = { serverName: 'x', key: signingKeyFromSeed('a1', Buffer.alloc(32, 1)) };
  const origin: Origin = { nowMs: 1_700_000_000_000, signer, txn: null, asId: null };
  const plan = planRoom(parseCreateRoom(body), version, { userId: ALICE, serverName: 'x', profileOf: () => undefined });
  const roomId = version.roomIdIsCreateHash ? derivedRoomId({ plan, sender: ALICE }, origin) : '!room:x';
  const created = decideCreateRoom(initialRoom, { roomId, sender: ALICE, plan }, origin, false);
  const room = created.events.reduce(evolveRoom, initialRoom);
  const next = (from: Room, type: string, content: Record<string, unknown>, more: object = {}) =>
    evolveRoom(from, accept(from, roomId, version, { type, sender: ALICE, content, ...more }, origin));
  return {
    version,
    roomId,
    origin,
    alice: ALICE,
    room,
    events: created.events,
    send: (from: Room, type: string, content: Record<string, unknown>) => next(from, type, content),
    setState: (from: Room, type: string, content: Record<string, unknown>, stateKey = '') =>
      next(from, type, content, { stateKey }),
    /** A member event by its own member, or by `sender`. */
    member: (from: Room, userId: string, membership: string, sender = userId) =>
      next(from, 'm.room.member', { membership }, { stateKey: userId, sender }),
  };
}
