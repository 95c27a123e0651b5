import {
  checkAppserviceLocalpart,
  checkLocalpart,
  checkUnderscore,
  localpartOf,
  localUserIdFrom,
} from './user-name.js';

const invalid = expect.objectContaining({ errcode: 'M_INVALID_USERNAME' });

describe('user names', () => {
  it.each([...'!":?\\@[]{}£é\'|\n '].map((symbol) => [symbol]))('refuses %j in a person’s', (symbol) =>
    expect(() => checkLocalpart(`a${symbol}b`, 'test')).toThrow(invalid),
  );
  it.each(['q', 'x3', 'x.y', 'x_y', 'x=y', 'x-y', 'x/y', 'a1234_-./=+'])('accepts %s', (localpart) =>
    expect(() => checkLocalpart(localpart, 'test')).not.toThrow(),
  );
  it.each([[''], ['1234'], ['UPPER'], ['x'.repeat(250)]])('refuses %j', (localpart) =>
    expect(() => checkLocalpart(localpart, 'test')).toThrow(invalid),
  );
  it('allows 255 bytes with the server’s name and no more', () => {
    expect(() => checkLocalpart('x'.repeat(249), 'test')).not.toThrow();
  });
  it('allows a leading underscore only where it is configured', () => {
    expect(() => checkUnderscore('_x', false)).toThrow(invalid);
    expect(() => checkUnderscore('_x', true)).not.toThrow();
    expect(() => checkUnderscore('x_', false)).not.toThrow();
  });

  it.each(['_irc_Bob', '1234', 'a!b"c', '~'])('lets application services have %s', (localpart) =>
    expect(() => checkAppserviceLocalpart(localpart, 'test')).not.toThrow(),
  );
  it.each(['', 'a:b', 'a b', 'é', 'a\n', 'x'.repeat(250)])('but not %j', (localpart) =>
    expect(() => checkAppserviceLocalpart(localpart, 'test')).toThrow(invalid),
  );

  it.each([
    ['kermit', '@kermit:test'],
    ['Kermit', '@Kermit:test'],
    ['@kermit:test', '@kermit:test'],
    ['@kermit:elsewhere', null],
    ['@kermit', null],
    ['a:b', null],
    ['@a:b:test', null],
    ['x'.repeat(300), null],
  ])('%s means %s', (user, expected) => expect(localUserIdFrom(user, 'test')).toBe(expected));
  it('understands server names with a port', () => {
    const userId = localUserIdFrom('@kermit:test:8448', 'test:8448')!;
    expect(userId).toBe('@kermit:test:8448');
    expect(localpartOf(userId)).toBe('kermit');
  });
});
