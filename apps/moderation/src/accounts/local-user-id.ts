import type { UserId } from '@ganglion/kernel';
import { refuse } from '../moderation.errors.js';

/** @throws USER_ID_INVALID unless it is a user id of this server */
export function localUserId(text: string | undefined, serverName: string): UserId {
  if (!text || !/^@[^:\0]+:/.test(text) || Buffer.byteLength(text) > 255) throw refuse('USER_ID_INVALID');
  if (text.slice(text.indexOf(':') + 1) !== serverName) throw refuse('USER_ID_INVALID');
  return text as UserId;
}
