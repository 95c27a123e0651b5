import type { EventPersisted } from '@ganglion/contracts';
import { finishEvent, renderForAppservice } from './render-event.js';

const persisted = (changes: object = {}, beside: object = {}) =>
  ({
    roomId: '!r:hs.test',
    roomVersion: '11',
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
    ...beside,
  }) as unknown as EventPersisted['data'];
const rendered = (changes: object, { legacy = false, nowMs = 1_012, beside = {} } = {}) => {
  const json = JSON.stringify(renderForAppservice(persisted(changes, beside)));
  return JSON.parse(finishEvent(json, nowMs, legacy)) as Record<string, unknown>;
};
const replaced = { eventId: '$0', content: { name: 'a' } };

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

  it('keeps an empty state key and tells what state it replaced', () => {
    expect(rendered({ state_key: '', type: 'm.room.name' }, { beside: { replaced } })).toMatchObject({
      state_key: '',
      unsigned: { prev_content: { name: 'a' }, replaces_state: '$0', age: 12 },
    });
  });

  it('keeps the stripped state of an invite, and nothing that depends on who looks', () => {
    const unsigned = { invite_room_state: [{ type: 'm.room.name' }], membership: 'join', transaction_id: 't', age: 99 };
    expect(rendered({ unsigned })['unsigned']).toEqual({ invite_room_state: [{ type: 'm.room.name' }], age: 12 });
  });

  it.each([
    ['on the top level', '10', { redacts: '$9', content: { reason: 'x' } }],
    ['in the content', '11', { content: { reason: 'x', redacts: '$9' } }],
    ['in the content of a version that is not known here', '99', { content: { reason: 'x', redacts: '$9' } }],
  ])('says what it redacts in both places when it was given %s', (_, roomVersion, changes) => {
    const event = rendered({ type: 'm.room.redaction', ...changes }, { beside: { roomVersion } });
    expect(event).toMatchObject({ redacts: '$9', content: { reason: 'x', redacts: '$9' } });
  });

  it('repeats on the top level what old bridges read there, where they do', () => {
    const state = { state_key: '', type: 'm.room.name' };
    expect(rendered(state, { legacy: true, beside: { replaced } })).toMatchObject({
      user_id: '@alice:hs.test',
      age: 12,
      prev_content: { name: 'a' },
      replaces_state: '$0',
    });
    expect(rendered(state, { beside: { replaced } })).not.toHaveProperty('user_id');
    expect(rendered(state, { beside: { replaced } })).not.toHaveProperty('prev_content');
  });

  it('is never younger than nothing', () => expect(rendered({}, { nowMs: 900 })['unsigned']).toEqual({ age: 0 }));
});
