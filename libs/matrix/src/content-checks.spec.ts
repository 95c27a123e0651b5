import { checkEventContent } from './content-checks.js';
import type { JsonObject } from './json-values.js';
import { ALICE, BOB, SERVER, errcodeOf } from './test-room.fixture.js';

const context = { roomId: '!r:h', serverName: SERVER, infiniteCreators: [ALICE] };
const check = (type: string, content: JsonObject) => () => checkEventContent(type, content, context);
const relating = (relation: unknown) => ({ 'm.relates_to': relation });

it.each<[string, JsonObject]>([
  ['CLI-037 m.room.create', {}],
  ['CLI-049 m.room.message', { body: 'x' }],
  ['CLI-049 m.room.message', { msgtype: 'm.text' }],
  ['CLI-049 m.room.message', { msgtype: 'm.text', body: 7 }],
  ['m.room.name', { name: 7 }],
  ['m.room.topic', { topic: ['x'] }],
  ['m.room.member', {}],
  ['CLI-044 m.room.power_levels', { ban: '50' }],
  ['CLI-048 m.room.server_acl', { allow: ['*'], deny: ['*.test'] }],
  ['CLI-048 m.room.server_acl', {}],
  ['x', { 'm.mentions': [] }],
  ['x', { 'm.mentions': { user_ids: ['nobody'] } }],
  ['x', { 'm.mentions': { user_ids: ALICE } }],
  ['x', { 'm.mentions': { room: 'true' } }],
  ['x', relating({ rel_type: 7 })],
  ['x', relating({ event_id: {} })],
  ['m.reaction', relating({ rel_type: 'm.annotation', event_id: '$x' })],
  ['m.reaction', relating({ rel_type: 'm.annotation', event_id: '$x', key: '' })],
  ['m.reaction', relating({ rel_type: 'm.annotation', event_id: '$x', key: 'é'.repeat(251) })],
])('%s %j is bad JSON', (title, content) => {
  expect(errcodeOf(check(title.split(' ').at(-1)!, content))).toBe('M_BAD_JSON');
});

it('CLI-048 a room does not replace itself', () => {
  expect(errcodeOf(check('m.room.tombstone', { replacement_room: '!r:h' }))).toBe('M_INVALID_PARAM');
  expect(check('m.room.tombstone', { replacement_room: '!other:h' })).not.toThrow();
});

it('CLI-036 power levels do not name a creator of version 12', () => {
  expect(errcodeOf(check('m.room.power_levels', { users: { [ALICE]: 1 } }))).toBe('M_INVALID_PARAM');
  expect(check('m.room.power_levels', { users: { [BOB]: 1 } })).not.toThrow();
});

it.each<[string, JsonObject]>([
  ['m.room.message', { msgtype: 'm.text', body: '' }],
  ['m.room.name', {}],
  ['m.room.name', { name: '' }],
  ['m.room.member', { membership: 'join' }],
  ['m.room.server_acl', { allow: ['*'], deny: ['evil.test'] }],
  ['constructor', {}],
  ['m.room.encrypted', { 'm.mentions': {}, 'm.relates_to': 'x' }],
  ['x', { 'm.mentions': { user_ids: [ALICE], room: true } }],
  ['m.reaction', relating({ rel_type: 'm.annotation', event_id: '$x', key: 'é'.repeat(250) })],
  ['x', relating({ rel_type: 'm.thread', event_id: '$x' })],
])('%s %j is fine', (type, content) => expect(check(type, content)).not.toThrow());
