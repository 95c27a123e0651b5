import fc from 'fast-check';

import {
  localpartOf,
  parseAlias,
  parseEventId,
  parseRoomId,
  parseUserId,
  requireAlias,
  requireEventId,
  requireRoomId,
  requireUserId,
  isServerName,
  serverOf,
  userIdOf,
} from './ids.js';
import { errcodeOf } from './test-room.fixture.js';

const HASH = 'A-z_09'.padEnd(43, 'x');

describe('user ids', () => {
  it.each(['@alice:ganglion.test', '@a:localhost:8448', '@a:[::1]:80', '@:h', '@é b!:h', `@${'a'.repeat(252)}:h`])(
    'accepts %s',
    (id) => expect(parseUserId(id)).toBe(id),
  );

  it.each([
    'alice:h',
    '@alice',
    '@alice:',
    '@alice:h h',
    '@a\0b:h',
    '@a\ud800:h',
    '@a:h:port',
    '@a:h/',
    `@${'a'.repeat(253)}:h`,
    `@${'é'.repeat(127)}:h`,
    17,
    null,
    undefined,
    ['@a:h'],
  ])('refuses %p', (id) => expect(parseUserId(id)).toBeNull());

  it('counts bytes, not characters', () => {
    expect(parseUserId(`@${'é'.repeat(126)}:h`)).not.toBeNull();
    expect(parseUserId(`@${'é'.repeat(126)}a:h`)).toBeNull();
  });

  it('takes apart what it puts together', () => {
    const localpart = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/[:\0]/.test(text));
    const server = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    );
    fc.assert(
      fc.property(localpart, server, (name, host) => {
        const id = userIdOf(name, host);
        expect([localpartOf(id), serverOf(id), parseUserId(id)]).toEqual([name, host, id]);
      }),
    );
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const parse of [parseUserId, parseRoomId, parseAlias, parseEventId]) {
          expect([null, value]).toContain(parse(value));
        }
      }),
    );
  });
});

describe('room ids', () => {
  it.each(['!abc:h', '!a b:h', `!${HASH}`])('accepts %s', (id) => expect(parseRoomId(id)).toBe(id));
  it.each(['!', '!:h', '!abc', '!a:', `!${HASH}x`, `!${HASH.slice(1)}`, `!${HASH.slice(1)}+`, '#a:h'])(
    'refuses %s',
    (id) => expect(parseRoomId(id)).toBeNull(),
  );

  it('have no server from version 12 on', () => {
    expect(serverOf(`!${HASH}`)).toBeNull();
    expect(serverOf('!abc:h:80')).toBe('h:80');
  });
});

describe('aliases', () => {
  it.each(['#a:h', '#räume/1#2:h'])('CLI-016 accepts %s', (alias) => expect(parseAlias(alias)).toBe(alias));
  it.each(['#:h', '#a b:h', '#a\u00a0b:h', '#a\tb:h', '#a\0:h', '#a:b:h', `#${'a'.repeat(253)}:h`])(
    'CLI-026 refuses %p',
    (alias) => expect(parseAlias(alias)).toBeNull(),
  );
});

describe('event ids', () => {
  it.each(['$a', '$a:h', '$a/b#é'])('CLI-016 accepts %s', (id) => expect(parseEventId(id)).toBe(id));
  it.each(['$', 'a', '$a\0', `$${'a'.repeat(255)}`])('refuses %p', (id) => expect(parseEventId(id)).toBeNull());
});

it.each(['h', 'a-b.c', '1.2.3.4', '[::1]', 'h:1', '[2001:db8::1]:65535'])('%s is a server name', (name) =>
  expect(isServerName(name)).toBe(true),
);

it.each(['', 'a_b', 'h:', 'h:123456', '::1', 'h:1:2', 'é'])('%p is no server name', (name) =>
  expect(isServerName(name)).toBe(false),
);

it('the require forms name the parameter at fault', () => {
  for (const require of [requireUserId, requireRoomId, requireAlias, requireEventId]) {
    expect(errcodeOf(() => require('nonsense'))).toBe('M_INVALID_PARAM');
  }
  expect(errcodeOf(() => userIdOf('a:b', 'h'))).toBe('M_INVALID_PARAM');
  expect(requireRoomId('!a:h')).toBe('!a:h');
});
