import type { EventPersisted } from '@ganglion/contracts';
import { finishEvent, renderForAppservice } from './render-event.js';

const persisted = (changes: object = {}) =>
  ({
    roomId: '!r:hs.test',
    eventId: '$1',
    pdu: {
      type: 'm.room.message',
      sender: '@alice:hs.test',
      origin_server_ts: 1_000,
      content: { body: 'hi' },
      depth: 3,
      prev_events: ['$0'],
      auth_events: ['$0'],
      hashes: { sha256: 'x' },
      signatures: { 'hs.test': {} },
      ...changes,
    },
  }) as unknown as EventPersisted['data'];
const rendered = (changes: object, legacy = false, nowMs = 1_012) =>
  JSON.parse(finishEvent(JSON.stringify(renderForAppservice(persisted(changes))), nowMs, legacy)) as Record<
    string,
    unknown
  >;

describe('an event for an appservice', () => {
  it('is in client format with its room and its age, and nothing of the federation', () => {
    expect(rendered({})).toEqual({
      event_id: '$1',
      room_id: '!r:hs.test',
      type: 'm.room.message',
      sender: '@alice:hs.test',
      origin_server_ts: 1_000,
      content: { body: 'hi' },
      unsigned: { age: 12 },
    });
  });

  it('keeps an empty state key and what state replaced', () => {
    const unsigned = { prev_content: { name: 'a' }, replaces_state: '$0', age: 99 };
    expect(rendered({ state_key: '', type: 'm.room.name', unsigned })).toMatchObject({
      state_key: '',
      unsigned: { prev_content: { name: 'a' }, replaces_state: '$0', age: 12 },
    });
  });

  it('keeps the stripped state of an invite, and nothing that depends on who looks', () => {
    const unsigned = { invite_room_state: [{ type: 'm.room.name' }], membership: 'join', transaction_id: 't' };
    expect(rendered({ unsigned })['unsigned']).toEqual({ invite_room_state: [{ type: 'm.room.name' }], age: 12 });
  });

  it.each([
    ['on the top level', { type: 'm.room.redaction', redacts: '$9', content: { reason: 'x' } }],
    ['in the content', { type: 'm.room.redaction', content: { reason: 'x', redacts: '$9' } }],
  ])('says what it redacts in both places when it was given %s', (_, changes) => {
    expect(rendered(changes)).toMatchObject({ redacts: '$9', content: { reason: 'x', redacts: '$9' } });
  });

  it('repeats on the top level what old bridges read there, where they do', () => {
    const unsigned = { prev_content: { name: 'a' } };
    expect(rendered({ unsigned }, true)).toMatchObject({
      user_id: '@alice:hs.test',
      age: 12,
      prev_content: { name: 'a' },
    });
    expect(Object.keys(rendered({ unsigned }, false))).not.toContain('user_id');
  });

  it('is never younger than nothing', () => expect(rendered({}, false, 900)['unsigned']).toEqual({ age: 0 }));
});
