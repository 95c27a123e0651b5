import type { EventPersisted, Pdu, StoredEvent } from '@ganglion/contracts';
import { FOREVER, rowsOf } from './rows.js';

const ROOM = '!r:x';

function persisted(pos: number, pdu: Partial<Pdu>, data: Partial<EventPersisted['data']> = {}) {
  return {
    pos,
    atMs: 1_000 + pos,
    type: 'event.persisted',
    data: {
      roomId: ROOM,
      roomVersion: '11',
      eventId: `$e${pos}`,
      roomIndex: pos,
      txn: null,
      membership: null,
      pdu: { type: 'm.room.message', sender: '@a:x', content: {}, ...pdu },
      ...data,
    },
  } as unknown as StoredEvent;
}

const member = (pos: number, userId: string, prev: string | null, next: string) =>
  persisted(
    pos,
    { type: 'm.room.member', state_key: userId, content: { membership: next } },
    { membership: { userId, prev, next, local: true } as EventPersisted['data']['membership'] },
  );
const topic = (pos: number, text: string) =>
  persisted(pos, { type: 'm.room.topic', state_key: '', content: { topic: text } });

describe('rows of a batch', () => {
  it('end the state before, and each other', () => {
    const { states, closing } = rowsOf([topic(5, 'a'), topic(7, 'b')]);
    expect(states.map(({ pos, until_pos }) => [pos, until_pos])).toEqual([
      [5, 7],
      [7, FOREVER],
    ]);
    expect(closing.map(({ pos }) => pos)).toEqual([5]);
  });

  it('keep the last membership of everybody, and count the change of members', () => {
    const { memberships, rooms } = rowsOf([
      member(1, '@a:x', null, 'join'),
      member(2, '@b:x', null, 'invite'),
      member(3, '@b:x', 'invite', 'join'),
      member(4, '@a:x', 'join', 'join'),
      member(5, '@b:x', 'join', 'leave'),
    ]);
    expect(memberships).toEqual([
      { user_id: '@a:x', room_id: ROOM, membership: 'join', pos: 4 },
      { user_id: '@b:x', room_id: ROOM, membership: 'leave', pos: 5 },
    ]);
    expect(rooms).toEqual([{ room_id: ROOM, version: '11', last_pos: 5, joined_members: 1, invited_members: 0 }]);
  });

  it('hold the word that rules ask for, and none that they do not know', () => {
    const value = (type: string, content: object) =>
      rowsOf([persisted(1, { type, state_key: '', content: content as Record<string, unknown> })]).states[0]!.value;
    expect(value('m.room.history_visibility', { history_visibility: 'joined' })).toBe('joined');
    expect(value('m.room.history_visibility', { history_visibility: 'nonsense' })).toBeNull();
    expect(value('m.room.name', { name: 'x'.repeat(60_000) })).toBe('1');
    expect(value('m.room.name', { name: '' })).toBeNull();
    expect(value('m.room.canonical_alias', {})).toBeNull();
    expect(value('m.room.topic', { topic: 'x' })).toBeNull();
  });

  it('find a redaction where its room version puts it', () => {
    const redaction = (version: string, pdu: Partial<Pdu>) =>
      rowsOf([persisted(1, { type: 'm.room.redaction', ...pdu }, { roomVersion: version })]).redactions;
    const found = [{ room_id: ROOM, target: '$t', redacted_by: '$e1' }];
    expect(redaction('10', { redacts: '$t' })).toEqual(found);
    expect(redaction('11', { content: { redacts: '$t' } })).toEqual(found);
    expect(redaction('11', { redacts: '$t' })).toEqual([]);
  });

  it('keep the first redaction of an event, as if they had come in two batches', () => {
    const redaction = (pos: number) => persisted(pos, { type: 'm.room.redaction', content: { redacts: '$t' } });
    expect(rowsOf([redaction(2), redaction(3)]).redactions).toEqual([
      { room_id: ROOM, target: '$t', redacted_by: '$e2' },
    ]);
  });

  it('keep the last word about an alias', () => {
    const alias = (pos: number, roomId: string | null) =>
      ({ pos, type: 'alias.changed', data: { alias: '#a:x', roomId, creator: '@a:x' } }) as unknown as StoredEvent;
    expect(rowsOf([alias(1, ROOM), alias(2, null)]).aliases).toEqual([
      { alias: '#a:x', room_id: null, creator: '@a:x' },
    ]);
  });

  it('pass over events of a newer build', () => {
    const unknown = { pos: 1, type: 'event.something_new', data: {} } as unknown as StoredEvent;
    expect(Object.values(rowsOf([unknown])).flat()).toEqual([]);
  });
});
