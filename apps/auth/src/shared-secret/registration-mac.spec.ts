import { createHmac } from 'node:crypto';
import { isRightMac, registrationMac } from './registration-mac.js';

const registration = { nonce: 'n', username: 'Kermit', password: 'mönkey', admin: true, userType: null };

describe('the mac of a shared-secret registration', () => {
  it('is an HMAC-SHA1 over the fields with NUL between them', () => {
    const expected = createHmac('sha1', 'secret').update('n\0Kermit\0mönkey\0admin').digest('hex');
    expect(registrationMac('secret', registration)).toBe(expected);
  });
  it('covers the kind of user where there is one', () => {
    const expected = createHmac('sha1', 'secret').update('n\0Kermit\0mönkey\0notadmin\0support').digest('hex');
    expect(registrationMac('secret', { ...registration, admin: false, userType: 'support' })).toBe(expected);
  });
  it('is right for exactly what was signed', () => {
    const mac = registrationMac('secret', registration);
    expect(isRightMac('secret', registration, mac)).toBe(true);
    expect(isRightMac('secret', registration, mac.toUpperCase())).toBe(true);
    expect(isRightMac('other', registration, mac)).toBe(false);
    expect(isRightMac('secret', { ...registration, admin: false }, mac)).toBe(false);
    expect(isRightMac('secret', { ...registration, username: 'kermit' }, mac)).toBe(false);
    expect(isRightMac('secret', registration, mac.slice(1))).toBe(false);
    expect(isRightMac('secret', registration, '')).toBe(false);
  });
});
