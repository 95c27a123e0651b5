import type { RoomEvent, Serving } from './client-event.js';
import { clientEvent, clientEventWithoutRoomId, federationFormat } from './client-event.js';
import { contentHash } from './event-hash.js';
import type { Pdu } from './pdu.js';
import { ALICE, BOB, TestRoom, VERSIONS } from './test-room.fixture.js';

const NOW: Serving = { nowMs: 1_700_000_060_000 };

describe.each(VERSIONS)('room version %s', (id) => {
  const room = TestRoom.created(id).joined(BOB);
  const last = (): RoomEvent => ({ ...room.log.at(-1)!, version: room.version });

  it('serves the keys clients know and none of those between servers', () => {
    const { eventId, pdu } = room.send(BOB, 'm.room.message', { body: 'x' });
    expect(clientEvent(last(), NOW)).toEqual({
      event_id: eventId,
      type: 'm.room.message',
      sender: BOB,
      origin_server_ts: pdu.origin_server_ts,
      content: { body: 'x' },
      room_id: room.id,
      unsigned: { age: NOW.nowMs - pdu.origin_server_ts },
    });
    expect(clientEventWithoutRoomId(last(), NOW)).not.toHaveProperty('room_id');
  });

  it('CLI-031 serves a create event with its room id', () => {
    const create = { ...room.log[0]!, version: room.version };
    expect(clientEvent(create, NOW)).toMatchObject({ room_id: room.id, state_key: '' });
  });

  it('gives both copies of redacts', () => {
    room.send(ALICE, 'm.room.redaction', { redacts: '$target', reason: 'spam' });
    expect(clientEvent(last(), NOW)).toMatchObject({
      redacts: '$target',
      content: { redacts: '$target', reason: 'spam' },
    });
    room.send(ALICE, 'm.room.message', { redacts: '$target' });
    expect(clientEvent(last(), NOW)).not.toHaveProperty('redacts');
  });

  it('CLI-274 the federation format is the stored event, hashed without its id', () => {
    room.send(BOB, 'm.room.message', { body: 'x' });
    const served = federationFormat(last(), { ...NOW, transactionId: 't' });
    expect(served).toMatchObject({ ...last().pdu, event_id: last().eventId, unsigned: { transaction_id: 't' } });
    const { event_id: _id, ...pdu } = served;
    expect(contentHash(pdu)).toBe(last().pdu.hashes.sha256);
  });
});

describe('unsigned', () => {
  const room = TestRoom.created('11');
  const event = (changes: Partial<Pdu>): RoomEvent => {
    const { pdu, eventId, roomId } = room.draft(ALICE, 'm.room.topic', { topic: 'T' }, '');
    return { pdu: { ...pdu, ...changes }, eventId, roomId, version: room.version };
  };
  const unsigned = (serving: Partial<Serving>, changes: Partial<Pdu> = {}) =>
    clientEvent(event(changes), { ...NOW, ...serving }).unsigned;

  it('has what the moment of serving knows', () => {
    const redactedBecause = clientEvent(event({}), NOW);
    const replaced = { eventId: '$old', content: { topic: 'S' } };
    expect(unsigned({ transactionId: 't', replaced, redactedBecause, membership: 'leave' })).toEqual({
      age: expect.any(Number) as number,
      transaction_id: 't',
      replaces_state: '$old',
      prev_content: { topic: 'S' },
      redacted_because: redactedBecause,
      membership: 'leave',
    });
  });

  it('names the replaced event without its content when that is not for the reader', () =>
    expect(Object.keys(unsigned({ replaced: { eventId: '$old' } }))).toEqual(['age', 'replaces_state']));

  it('bundles relations on messages, never on state', () => {
    const relations = { 'm.thread': { count: 1 } };
    expect(unsigned({ relations })).not.toHaveProperty(['m.relations']);
    const { state_key: _key, ...message } = event({}).pdu;
    expect(clientEvent({ ...event({}), pdu: message }, { ...NOW, relations }).unsigned['m.relations']).toBe(relations);
  });

  it('passes on the room state of invites and knocks, and nothing else that was stored', () => {
    const stored = { invite_room_state: [1], knock_room_state: [2], age: 5, other: true };
    expect(unsigned({}, { unsigned: stored, origin_server_ts: NOW.nowMs })).toEqual({
      age: 0,
      invite_room_state: [1],
      knock_room_state: [2],
    });
  });
});
