import { Refusal } from '@ganglion/kernel';
import { keepFields } from './event-fields.js';
import { filterFromText, parseFilter, type Filter } from './filter.js';
import { letsAllThrough, matches, matchesType, selectsRoom } from './match.js';

const message = { type: 'm.room.message', sender: '@a:x', content: { body: 'hi', url: 'mxc://x/y' } };

describe('filter shapes', () => {
  it.each<[string, unknown]>([
    ['CLI-152 an array for an object', { room: [] }],
    ['CLI-152 a string for a list', { room: { timeline: { senders: 'x' } } }],
    ['CLI-152 a malformed room id', { room: { rooms: ['bad'] } }],
    ['a malformed user id', { presence: { senders: ['bob'] } }],
    ['a number for an id', { room: { not_rooms: [1] } }],
    ['a negative limit', { room: { timeline: { limit: -1 } } }],
    ['an unknown format', { event_format: 'xml' }],
    ['a string for a boolean', { room: { include_leave: 'true' } }],
    ['an array', []],
    ['more than a hundred fields', { event_fields: Array(101).fill('content.x') }],
    ['more than 50 KiB', { event_fields: ['x'.repeat(51 * 1024)] }],
  ])('refuses %s', (_, value) => {
    expect(() => parseFilter(value)).toThrow(expect.objectContaining({ errcode: 'M_BAD_JSON' }));
  });

  it('leaves keys it does not know alone', () => {
    const filter = { room: { timeline: { limit: 5, 'org.example.new': 1 } }, other: true } as Filter;
    expect(parseFilter(filter)).toEqual(filter);
  });

  it('CLI-134 says M_NOT_JSON of a filter that is not JSON', () => {
    expect(() => filterFromText('{bad')).toThrow(expect.objectContaining({ errcode: 'M_NOT_JSON' }));
    expect(() => filterFromText('{bad')).toThrow(Refusal);
  });
});

describe('filter matching', () => {
  it.each([
    ['m.room.*', 'm.room.name', true],
    ['*', 'anything', true],
    ['m.*.name', 'm.room.name', true],
    ['m.*.name', 'm.name', false],
    ['a*a', 'a', false],
    ['*room*', 'm.room.name', true],
    ['m.room', 'm.room.name', false],
    ['', 'm', false],
  ])('type pattern %s on %s: %s', (pattern, type, expected) => {
    expect(matchesType(pattern, type)).toBe(expected);
  });

  it('takes a thousand stars in its stride', () => {
    expect(matchesType('a*'.repeat(1_000) + 'b', 'a'.repeat(20_000))).toBe(false);
  });

  it('lets an empty list match nothing and an absent one everything', () => {
    expect(matches({ types: [] }, message)).toBe(false);
    expect(matches({}, message)).toBe(true);
    expect(matches(undefined, message)).toBe(true);
  });

  it('lets not_ lists win', () => {
    expect(matches({ senders: ['@a:x'], not_senders: ['@a:x'] }, message)).toBe(false);
    expect(matches({ types: ['m.*'], not_types: ['*.message'] }, message)).toBe(false);
    expect(matches({ senders: ['@b:x'] }, message)).toBe(false);
  });

  it('looks for a url', () => {
    expect(matches({ contains_url: true }, message)).toBe(true);
    expect(matches({ contains_url: false }, message)).toBe(false);
    expect(matches({ contains_url: true }, { ...message, content: { url: 1 } })).toBe(false);
  });

  it('chooses rooms', () => {
    expect(selectsRoom({ rooms: ['!a:x'], not_rooms: ['!a:x'] }, '!a:x')).toBe(false);
    expect(selectsRoom({ rooms: [] }, '!a:x')).toBe(false);
    expect(selectsRoom({ not_rooms: ['!b:x'] }, '!a:x')).toBe(true);
  });

  it('knows a filter that refuses nothing', () => {
    expect(letsAllThrough({ limit: 5, lazy_load_members: true })).toBe(true);
    expect(letsAllThrough({ types: [] })).toBe(false);
    expect(letsAllThrough({ not_senders: ['@a:x'] })).toBe(false);
  });
});

describe('event_fields', () => {
  const event = { type: 't', content: { body: 'hi', 'a.b': 1, deep: { x: 1, y: 2 }, __proto__x: 1 } };
  it.each([
    ['CLI-153 one key of the content', ['content.body'], { content: { body: 'hi' } }],
    ['a key with a dot in it', ['content.a\\.b'], { content: { 'a.b': 1 } }],
    ['two paths into one object', ['content.deep.x', 'content.deep.y'], { content: { deep: { x: 1, y: 2 } } }],
    ['nothing of what is not there', ['content.nope', 'type.x', 'sender'], {}],
    ['nothing that is merely inherited', ['constructor', 'content.toString'], {}],
  ])('keeps %s', (_, fields, expected) => {
    expect(keepFields(event, fields)).toEqual(expected);
  });
});
