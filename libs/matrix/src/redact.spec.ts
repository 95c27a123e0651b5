import type { JsonObject } from './json-values.js';
import { redact, redactContent } from './redact.js';
import type { RoomVersionId } from './room-version.js';
import { ROOM_VERSIONS } from './room-version.js';

const content = (id: RoomVersionId, type: string, from: JsonObject) => redactContent(type, from, ROOM_VERSIONS[id]);

const LEVELS = {
  ban: 1,
  events: { a: 1 },
  events_default: 2,
  invite: 3,
  kick: 4,
  redact: 5,
  state_default: 6,
  users: { '@a:h': 7 },
  users_default: 8,
  notifications: { room: 9 },
};

it.each(['10', '11', '12'] as const)('version %s keeps the top-level keys of its table', (id) => {
  const event = {
    type: 'm.room.message',
    sender: '@a:h',
    room_id: '!r:h',
    state_key: '',
    event_id: '$e',
    content: { body: 'x' },
    hashes: { sha256: 'x' },
    signatures: {},
    depth: 1,
    prev_events: [],
    auth_events: [],
    origin_server_ts: 1,
    origin: 'h',
    membership: 'join',
    prev_state: [],
    redacts: '$x',
    unsigned: { age: 1 },
    other: true,
  };
  const { redacts: _redacts, unsigned: _unsigned, other: _other, ...v10 } = event;
  const { origin: _origin, membership: _membership, prev_state: _state, ...v11 } = v10;
  expect(redact(event, ROOM_VERSIONS[id])).toEqual({ ...(id === '10' ? v10 : v11), content: {} });
  expect(event.content).toEqual({ body: 'x' });
});

it('member: version 10 drops the third-party invite, later versions keep its signed part', () => {
  const member = {
    membership: 'invite',
    displayname: 'A',
    reason: 'x',
    join_authorised_via_users_server: '@b:h',
    third_party_invite: { display_name: 'A', signed: { token: 't' } },
  };
  const kept = { membership: 'invite', join_authorised_via_users_server: '@b:h' };
  expect(content('10', 'm.room.member', member)).toEqual(kept);
  expect(content('11', 'm.room.member', member)).toEqual({ ...kept, third_party_invite: { signed: { token: 't' } } });
  expect(content('12', 'm.room.member', { third_party_invite: 'x' })).toEqual({});
});

it('create: version 10 keeps the creator, later versions everything', () => {
  const create = { creator: '@a:h', room_version: 'x', predecessor: {}, other: 1 };
  expect(content('10', 'm.room.create', create)).toEqual({ creator: '@a:h' });
  expect(content('11', 'm.room.create', create)).toEqual(create);
  expect(content('12', 'm.room.create', create)).toEqual(create);
});

it('power levels: version 10 loses invite; notifications go in all', () => {
  const { notifications: _notifications, ...v11 } = LEVELS;
  const { invite: _invite, ...v10 } = v11;
  expect(content('10', 'm.room.power_levels', LEVELS)).toEqual(v10);
  expect(content('11', 'm.room.power_levels', LEVELS)).toEqual(v11);
});

it('redaction: version 10 keeps nothing, later versions the id', () => {
  const redaction = { redacts: '$x', reason: 'y' };
  expect(content('10', 'm.room.redaction', redaction)).toEqual({});
  expect(content('11', 'm.room.redaction', redaction)).toEqual({ redacts: '$x' });
});

it.each(['10', '11', '12'] as const)('version %s keeps join rules and visibility, empties the rest', (id) => {
  expect(content(id, 'm.room.join_rules', { join_rule: 'restricted', allow: [], x: 1 })).toEqual({
    join_rule: 'restricted',
    allow: [],
  });
  expect(content(id, 'm.room.history_visibility', { history_visibility: 'shared', x: 1 })).toEqual({
    history_visibility: 'shared',
  });
  for (const type of ['m.room.name', 'm.room.aliases', 'constructor', '__proto__']) {
    expect(content(id, type, { name: 'x', aliases: ['#a:h'] })).toEqual({});
  }
});
