import { requireAppserviceLocalpart, requireNewLocalpart } from './new-localpart.js';
import { errcodeOf } from './test-room.fixture.js';

const STRICT = { allowUnderscorePrefix: false, allowNumeric: false };

describe('localparts of new accounts', () => {
  it.each(['q', '3q', 'a.b', 'a_b', 'a=b', 'a-b', 'a/b', 'a+b'])('AUTH-083 accepts %s', (localpart) =>
    expect(requireNewLocalpart(localpart, 'h', STRICT)).toBe(`@${localpart}:h`),
  );

  it.each(['', 'A', ...'!":?\\@[]{}£é\'|\n'.split('').map((char) => `a${char}b`)])('AUTH-083 refuses %p', (localpart) =>
    expect(errcodeOf(() => requireNewLocalpart(localpart, 'h', STRICT))).toBe('M_INVALID_USERNAME'),
  );

  it('reserves a leading underscore unless configured otherwise', () => {
    expect(errcodeOf(() => requireNewLocalpart('_a', 'h', STRICT))).toBe('M_INVALID_USERNAME');
    expect(requireNewLocalpart('_a', 'h', { ...STRICT, allowUnderscorePrefix: true })).toBe('@_a:h');
  });

  it('reserves all digits for guests', () => {
    expect(errcodeOf(() => requireNewLocalpart('123', 'h', STRICT))).toBe('M_INVALID_USERNAME');
    expect(requireNewLocalpart('123', 'h', { ...STRICT, allowNumeric: true })).toBe('@123:h');
  });

  it('keeps the whole user id within 255 characters', () => {
    expect(requireNewLocalpart('a'.repeat(252), 'h', STRICT)).toHaveLength(255);
    expect(errcodeOf(() => requireNewLocalpart('a'.repeat(253), 'h', STRICT))).toBe('M_INVALID_USERNAME');
  });
});

describe('localparts of appservice users', () => {
  it.each(['_irc_Nick', 'A!"?@[]', '123'])('keeps %s', (localpart) =>
    expect(requireAppserviceLocalpart(localpart, 'h')).toBe(`@${localpart}:h`),
  );
  it.each(['', 'a:b', 'a b', 'é'])('refuses %p', (localpart) =>
    expect(errcodeOf(() => requireAppserviceLocalpart(localpart, 'h'))).toBe('M_INVALID_USERNAME'),
  );
});
