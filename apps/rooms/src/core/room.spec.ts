import type { RoomsEvent } from '@ganglion/contracts';
import { eventIdOf, hasTrueContentHash, roomVersion, signingKeyFromSeed, verifyEvent } from '@ganglion/matrix';
import { decideSendEvent } from './send-event/send-event.js';
import { decideSendState } from './send-state/send-state.js';
import { evolveRoom, initialRoom, type Room } from './room.js';
import { newRoom } from './room.fixture.js';

describe.each(['10', '11', '12'])('a room of version %s', (version) => {
  const { room, roomId, origin, alice, send, setState } = newRoom(version);

  it('CLI-272 CLI-273 numbers, links, hashes and signs its events', () => {
    const first = decideSendEvent(room, { roomId, draft: { type: 'org.x', sender: alice, content: {} } }, origin);
    const { data } = first.events[0]!;
    expect(data.roomIndex).toBe(room.index + 1);
    expect(data.pdu.prev_events).toEqual([room.head!.eventId]);
    expect(data.pdu.depth).toBe(room.head!.depth + 1);
    expect(data.pdu.auth_events.length).toBe(version === '12' ? 2 : 3);
    expect(hasTrueContentHash(data.pdu)).toBe(true);
    expect(eventIdOf(data.pdu, roomVersion(version)!)).toBe(data.eventId);
    const key = signingKeyFromSeed('a1', Buffer.alloc(32, 1));
    expect(verifyEvent(data.pdu, roomVersion(version)!, 'x', 'ed25519:a1', key.publicKey)).toBe(true);
  });

  it('keeps the newest of each piece of state', () => {
    const named = setState(setState(room, 'm.room.name', { name: 'a' }), 'm.room.name', { name: 'b' });
    expect(named.state.get('m.room.name', '')?.content).toEqual({ name: 'b' });
    expect(room.state.get('m.room.name', '')).toBeUndefined();
    expect(named.index).toBe(room.index + 2);
  });

  it('decides nothing when the state says the same already', () => {
    const named = setState(room, 'm.room.name', { name: 'a' });
    const draft = { type: 'm.room.name', stateKey: '', sender: alice, content: { name: 'a' } };
    const command = { roomId, draft, isGuest: false, profile: {}, aliases: new Map<string, string>() };
    expect(decideSendState(named, command, origin, false)).toEqual({
      events: [],
      existing: named.state.entry('m.room.name', '')!.eventId,
    });
  });

  it('keeps what a redaction leaves of a piece of state', () => {
    const named = setState(room, 'm.room.name', { name: 'secret' });
    const target = named.state.entry('m.room.name', '')!;
    const redacted = send(named, 'm.room.redaction', { redacts: target.eventId });
    expect(redacted.state.entry('m.room.name', '')).toMatchObject({ eventId: target.eventId, pdu: { content: {} } });
  });

  it('leaves alone what it does not know', () => {
    const unknown = { type: 'event.something_new', data: {} } as unknown as RoomsEvent;
    expect(evolveRoom(room, unknown)).toBe(room);
  });
});

it('of nobody takes nothing', () => {
  const { roomId, origin, alice } = newRoom('11');
  const nothing: Room = initialRoom;
  const draft = { type: 'org.x', sender: alice, content: {} };
  expect(() => decideSendEvent(nothing, { roomId, draft }, origin)).toThrow(
    expect.objectContaining({ code: 'NOT_A_MEMBER' }),
  );
});
