import { appserviceIdentifier, loginIdentifier } from './identifier.js';

describe('whom a login names', () => {
  it.each([
    [{ identifier: { type: 'm.id.user', user: 'kermit' } }, { kind: 'user', user: 'kermit' }],
    [{ user: '@kermit:test' }, { kind: 'user', user: '@kermit:test' }],
    [
      { medium: 'email', address: 'Kermit@Example.COM' },
      { kind: 'threepid', medium: 'email', address: 'kermit@example.com' },
    ],
    [
      { identifier: { type: 'm.id.thirdparty', medium: 'msisdn', address: '441234' } },
      { kind: 'threepid', medium: 'msisdn', address: '441234' },
    ],
    [
      { identifier: { type: 'm.id.phone', country: 'GB', phone: '01234' } },
      { kind: 'threepid', medium: 'msisdn', address: 'GB 01234' },
    ],
    [
      { identifier: { type: 'm.id.phone', country: 'GB', number: '01234' } },
      { kind: 'threepid', medium: 'msisdn', address: 'GB 01234' },
    ],
  ])('%j', (body, expected) => expect(loginIdentifier(body)).toEqual(expected));

  it.each([
    [{}, 'M_INVALID_PARAM'],
    [{ identifier: 'kermit' }, 'M_INVALID_PARAM'],
    [{ identifier: [] }, 'M_INVALID_PARAM'],
    [{ identifier: {} }, 'M_MISSING_PARAM'],
    [{ identifier: { type: 'm.id.user' } }, 'M_INVALID_PARAM'],
    [{ identifier: { type: 'm.id.user', user: 7 } }, 'M_INVALID_PARAM'],
    [{ identifier: { type: 'm.id.phone', country: 'GB' } }, 'M_INVALID_PARAM'],
    [{ identifier: { type: 'm.id.thirdparty', medium: 'email' } }, 'M_UNKNOWN'],
    [{ identifier: { type: 'm.id.telepathy' } }, 'M_UNKNOWN'],
  ])('refuses %j', (body, errcode) =>
    expect(() => loginIdentifier(body)).toThrow(expect.objectContaining({ errcode })),
  );

  it('lets application services name nothing but users', () => {
    expect(appserviceIdentifier({ user: 'irc_bob' })).toBe('irc_bob');
    const threepid = { identifier: { type: 'm.id.thirdparty', medium: 'email', address: 'a@b' } };
    for (const body of [{}, threepid, { identifier: {} }, { user: 1 }]) {
      expect(() => appserviceIdentifier(body)).toThrow(expect.objectContaining({ errcode: 'M_INVALID_PARAM' }));
    }
  });
});
