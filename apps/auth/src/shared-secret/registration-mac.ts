import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedRegistration {
  nonce: string;
  username: string;
  password: string;
  admin: boolean;
  userType: string | null;
}

/** Hex HMAC-SHA1 over the fields, separated by NUL (auth.md §11.5); SHA-1 is what every client of this endpoint speaks. */
export function registrationMac(secret: string, { nonce, username, password, admin, userType }: SignedRegistration) {
  const fields = [nonce, username, password, admin ? 'admin' : 'notadmin', ...(userType === null ? [] : [userType])];
  return createHmac('sha1', secret).update(fields.join('\0')).digest('hex');
}

/** In a time that does not tell how much of it was right. */
export function isRightMac(secret: string, registration: SignedRegistration, presented: string): boolean {
  const expected = Buffer.from(registrationMac(secret, registration));
  const given = Buffer.from(presented.toLowerCase());
  return given.length === expected.length && timingSafeEqual(given, expected);
}
