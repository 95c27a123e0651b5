import type { EventId, RoomAlias, RoomId, UserId } from '@ganglion/kernel';

import { isWellFormed } from './json-values.js';
import { refuse } from './matrix.errors.js';

/** Longest user id, room id, alias, event id, event type and state key, in UTF-8 bytes. */
export const MAX_ID_BYTES = 255;

const SERVER_NAME = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::[0-9]{1,5})?$/;
const OPAQUE_HASH = /^[0-9A-Za-z_-]{43}$/;
const WHITESPACE = /\s/u;

/** Whether `text` takes at most 255 bytes of UTF-8; bytes, not characters. */
export function fitsIdLimit(text: string): boolean {
  return text.length <= MAX_ID_BYTES && (text.length <= 85 || Buffer.byteLength(text) <= MAX_ID_BYTES);
}

/** `host`, `1.2.3.4` or `[::1]`, each with an optional port. */
export function isServerName(text: string): boolean {
  return fitsIdLimit(text) && SERVER_NAME.test(text);
}

/**
 * `@localpart:server`. The localpart may be anything without colon and NUL, the empty string included: that is what
 * rooms of other servers contain. Localparts of new accounts are checked by `requireNewLocalpart`.
 */
export function parseUserId(text: unknown): UserId | null {
  return typeof text === 'string' && isSigilLocalpartServer(text, '@') ? (text as UserId) : null;
}

/** `!opaque:server`, or since room version 12 `!` and 43 characters of URL-safe base64. */
export function parseRoomId(text: unknown): RoomId | null {
  if (typeof text !== 'string' || !isIdText(text, '!')) return null;
  const colon = text.indexOf(':');
  const valid = colon < 0 ? OPAQUE_HASH.test(text.slice(1)) : colon > 1 && isServerName(text.slice(colon + 1));
  return valid ? (text as RoomId) : null;
}

/** `#localpart:server`; the localpart is not empty and has no colon, NUL or whitespace. */
export function parseAlias(text: unknown): RoomAlias | null {
  if (typeof text !== 'string' || !isSigilLocalpartServer(text, '#')) return null;
  const localpart = text.slice(1, text.indexOf(':'));
  return localpart !== '' && !WHITESPACE.test(localpart) ? (text as RoomAlias) : null;
}

/** `$` and at least one more character: an id of a room version this server does not speak is still an id. */
export function parseEventId(text: unknown): EventId | null {
  return typeof text === 'string' && text.length > 1 && isIdText(text, '$') ? (text as EventId) : null;
}

/** @throws INVALID_PARAM */
export function requireUserId(text: unknown): UserId {
  return parseUserId(text) ?? invalid('Not a user id');
}

/** @throws INVALID_PARAM */
export function requireRoomId(text: unknown): RoomId {
  return parseRoomId(text) ?? invalid('Not a room id');
}

/** @throws INVALID_PARAM */
export function requireAlias(text: unknown): RoomAlias {
  return parseAlias(text) ?? invalid('Not a room alias');
}

/** @throws INVALID_PARAM */
export function requireEventId(text: unknown): EventId {
  return parseEventId(text) ?? invalid('Not an event id');
}

/** @throws INVALID_PARAM  when the two do not make a user id of at most 255 bytes */
export function userIdOf(localpart: string, serverName: string): UserId {
  return requireUserId(`@${localpart}:${serverName}`);
}

/** What follows the first colon; null for ids without a server part (version-12 rooms, hashed event ids). */
export function serverOf(id: string): string | null {
  const colon = id.indexOf(':');
  return colon < 0 ? null : id.slice(colon + 1);
}

/** What stands between the sigil and the first colon. */
export function localpartOf(id: UserId | RoomAlias): string {
  return id.slice(1, id.indexOf(':'));
}

function isSigilLocalpartServer(text: string, sigil: string): boolean {
  if (!isIdText(text, sigil)) return false;
  const colon = text.indexOf(':');
  return colon > 0 && isServerName(text.slice(colon + 1));
}

function isIdText(text: string, sigil: string): boolean {
  return text.startsWith(sigil) && fitsIdLimit(text) && !text.includes('\0') && isWellFormed(text);
}

function invalid(message: string): never {
  throw refuse('INVALID_PARAM', {}, message);
}
