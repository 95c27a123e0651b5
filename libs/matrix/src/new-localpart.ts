import type { UserId } from '@ganglion/kernel';

import { parseUserId } from './ids.js';
import { refuse } from './matrix.errors.js';

export interface LocalpartRules {
  /** Configuration `allow_underscore_prefixed_localpart`. */
  allowUnderscorePrefix: boolean;
  /** All digits is reserved for guests and generated ids; true for those and for a guest that upgrades itself. */
  allowNumeric: boolean;
}

const ORDINARY = /^[a-z0-9_\-./=+]+$/;
const APPSERVICE = /^[\x21-\x39\x3b-\x7e]+$/;
const NUMERIC = /^[0-9]+$/;

/**
 * The user id for a new account with this localpart. Lower-casing has been done by the caller.
 * @throws INVALID_USERNAME
 */
export function requireNewLocalpart(localpart: string, serverName: string, rules: LocalpartRules): UserId {
  if (localpart === '') throw refuse('INVALID_USERNAME', {}, 'User ID cannot be empty');
  if (!ORDINARY.test(localpart)) {
    throw refuse('INVALID_USERNAME', {}, "User ID can only contain characters a-z, 0-9, or '=_-./+'");
  }
  if (localpart.startsWith('_') && !rules.allowUnderscorePrefix) {
    throw refuse('INVALID_USERNAME', {}, "User ID may not begin with '_'");
  }
  if (NUMERIC.test(localpart) && !rules.allowNumeric) {
    throw refuse('INVALID_USERNAME', {}, 'Numeric user IDs are reserved');
  }
  return userIdWithin(localpart, serverName);
}

/**
 * The user id for an account that an appservice registers: printable ASCII without colon, its case kept.
 * That it lies in the appservice's namespace is checked where the registration is known.
 * @throws INVALID_USERNAME
 */
export function requireAppserviceLocalpart(localpart: string, serverName: string): UserId {
  if (!APPSERVICE.test(localpart)) throw refuse('INVALID_USERNAME');
  return userIdWithin(localpart, serverName);
}

function userIdWithin(localpart: string, serverName: string): UserId {
  const userId = parseUserId(`@${localpart}:${serverName}`);
  if (userId === null) throw refuse('INVALID_USERNAME', {}, 'User ID may not be longer than 255 characters');
  return userId;
}
