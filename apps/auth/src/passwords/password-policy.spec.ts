import { checkPassword, preparedPassword } from './password-policy.js';

const policy = {
  minimumLength: 10,
  requireDigit: true,
  requireSymbol: true,
  requireUppercase: true,
  requireLowercase: true,
};

describe('the password policy', () => {
  it.each([
    ['shorty', 'M_PASSWORD_TOO_SHORT'],
    ['longerpassword', 'M_PASSWORD_NO_DIGIT'],
    ['longerpassword1', 'M_PASSWORD_NO_SYMBOL'],
    ['longerpassword1!', 'M_PASSWORD_NO_UPPERCASE'],
    ['LONGERPASSWORD1!', 'M_PASSWORD_NO_LOWERCASE'],
  ])('AUTH-146 refuses %s with %s', (password, errcode) =>
    expect(() => checkPassword(password, policy)).toThrow(expect.objectContaining({ errcode, kind: 'invalid' })),
  );
  it('accepts what keeps every rule', () => expect(() => checkPassword('LongerPassword1!', policy)).not.toThrow());
  it('asks for nothing that is not configured', () => {
    const none = { ...policy, minimumLength: 0, requireDigit: false, requireSymbol: false };
    expect(() => checkPassword('aA', { ...none })).not.toThrow();
    expect(() => checkPassword('a', { ...none, requireUppercase: false })).not.toThrow();
  });
});

describe('what is hashed', () => {
  it('is the same however it was composed', () =>
    expect(preparedPassword('e\u0301', '')).toBe(preparedPassword('\u00e9', '')));
  it('ends with the pepper', () => expect(preparedPassword('monkey', 'salt')).toBe('monkeysalt'));
});
