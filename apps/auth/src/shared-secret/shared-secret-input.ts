import { refuse } from '../auth.errors.js';
import { MAX_PASSWORD_CHARS } from '../passwords/password-policy.js';
import { storable } from '../sessions/session-input.js';
import { MAX_USERNAME_CHARS } from '../accounts/user-name.js';

type Body = Record<string, unknown>;

/** Kinds of accounts there are beside the normal one. */
const USER_TYPES = ['support', 'bot'];

export interface SharedSecretInput {
  /** As sent: the mac is over this spelling. */
  username: string;
  password: string;
  admin: boolean;
  userType: string | null;
  /** As sent, of any type. */
  mac: string;
  /** Null: the user name will do. */
  displayName: string | null;
}

/** Everything but the nonce, in the order of auth.md §11.5. @throws BAD_JSON, INVALID_PARAM, UNKNOWN */
export function sharedSecretInput(body: Body): SharedSecretInput {
  const username = textOf(body, 'username', MAX_USERNAME_CHARS);
  const password = textOf(body, 'password', MAX_PASSWORD_CHARS);
  const { admin = false, user_type: userType = null, mac, displayname = null } = body;
  if (typeof admin !== 'boolean') throw refuse('BAD_JSON', {}, 'admin must be true or false');
  if (userType !== null && !USER_TYPES.includes(userType as string)) throw refuse('UNKNOWN', {}, 'Invalid user type');
  if (displayname !== null && (typeof displayname !== 'string' || !storable(displayname))) {
    throw refuse('BAD_JSON', {}, 'displayname must be text');
  }
  if (mac === undefined || mac === null) throw refuse('BAD_JSON', {}, 'mac must be specified');
  return { username, password, admin, userType: userType as string | null, mac: String(mac), displayName: displayname };
}

function textOf(body: Body, key: 'username' | 'password', maxChars: number): string {
  const value = body[key];
  if (value === undefined || value === null) throw refuse('BAD_JSON', {}, `${key} must be specified`);
  if (typeof value === 'string' && value.length <= maxChars && !value.includes('\0')) return value;
  throw refuse('UNKNOWN', {}, `Invalid ${key}`);
}
