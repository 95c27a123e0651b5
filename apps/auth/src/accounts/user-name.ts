import type { UserId } from '@ganglion/kernel';
import { refuse } from '../auth.errors.js';

/** Longest user id, in UTF-8 bytes. */
const MAX_USER_ID_BYTES = 255;
/** Longest `username` of a request, in characters; beyond it is not even looked at. */
export const MAX_USERNAME_CHARS = 512;

const MODERN = /^[a-z0-9_\-./=+]+$/;
/** What an application service may use: printable ASCII but the colon. */
const PRINTABLE = /^[!-9;-~]+$/;

export function userIdOf(localpart: string, serverName: string): UserId {
  return `@${localpart}:${serverName}` as UserId;
}

/**
 * A localpart that a person may have (auth.md §2.2), before anybody is asked whether it is reserved or taken.
 * @throws USERNAME_INVALID
 */
export function checkLocalpart(localpart: string, serverName: string): void {
  if (localpart === '') throw refuse('USERNAME_INVALID', {}, 'User ID cannot be empty');
  if (!MODERN.test(localpart)) {
    throw refuse('USERNAME_INVALID', {}, 'User ID can only contain characters a-z, 0-9, or _-./=+');
  }
  checkLength(localpart, serverName);
  if (/^\d+$/.test(localpart)) throw refuse('USERNAME_INVALID', {}, 'Numeric user IDs are reserved');
}

/** @throws USERNAME_INVALID */
export function checkUnderscore(localpart: string, allowed: boolean): void {
  if (localpart.startsWith('_') && !allowed) throw refuse('USERNAME_INVALID', {}, 'User ID may not begin with _');
}

/** A localpart that an application service may have. @throws USERNAME_INVALID */
export function checkAppserviceLocalpart(localpart: string, serverName: string): void {
  if (!PRINTABLE.test(localpart)) throw refuse('USERNAME_INVALID');
  checkLength(localpart, serverName);
}

/**
 * The user id that a `user` field of a login means: a localpart or a full id. Null: of another server, or none at all.
 * @param user  as typed; upper case is kept, who looks it up decides
 */
export function localUserIdFrom(user: string, serverName: string): UserId | null {
  const full = user.startsWith('@') ? user : `@${user}:${serverName}`;
  const fits = full.endsWith(`:${serverName}`) && Buffer.byteLength(full) <= MAX_USER_ID_BYTES;
  return fits && full.indexOf(':') === full.length - serverName.length - 1 ? (full as UserId) : null;
}

function checkLength(localpart: string, serverName: string): void {
  if (Buffer.byteLength(userIdOf(localpart, serverName)) > MAX_USER_ID_BYTES) {
    throw refuse('USERNAME_INVALID', {}, `User ID may not be longer than ${MAX_USER_ID_BYTES} characters`);
  }
}

/** What stands between the at sign and the server's name. */
export function localpartOf(userId: UserId): string {
  return userId.slice(1, userId.indexOf(':'));
}
