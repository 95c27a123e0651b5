import type { Refusal } from '@ganglion/kernel';
import { defineErrors } from '@ganglion/kernel';

import { Errcode } from './errcodes.js';

/** Every refusal this library throws. Messages may be shown to clients and never quote what the client sent. */
export const refuse = defineErrors({
  NOT_JSON: { kind: 'invalid', errcode: Errcode.NOT_JSON, message: 'Content not JSON' },
  BAD_JSON: { kind: 'invalid', errcode: Errcode.BAD_JSON, message: 'JSON of a shape that is not allowed here' },
  INVALID_PARAM: { kind: 'invalid', errcode: Errcode.INVALID_PARAM, message: 'Invalid parameter' },
  INVALID_USERNAME: { kind: 'invalid', errcode: Errcode.INVALID_USERNAME, message: 'Invalid username' },
  TOO_LARGE: { kind: 'too-large', errcode: Errcode.TOO_LARGE, message: 'Too large' },
  EVENT_DENIED: { kind: 'forbidden', errcode: Errcode.FORBIDDEN, message: 'Not allowed by the rules of this room' },
  NOT_BANNED: { kind: 'forbidden', errcode: Errcode.BAD_STATE, message: 'This user is not banned' },
  TARGET_BANNED: { kind: 'forbidden', errcode: Errcode.BAD_STATE, message: 'This user is banned from the room' },
  CANNOT_GRANT_JOIN: {
    kind: 'forbidden',
    errcode: Errcode.UNABLE_TO_GRANT_JOIN,
    message: 'Nobody on this server may let you in',
  },
  REDACTION_TARGET_UNKNOWN: { kind: 'not-found', errcode: Errcode.NOT_FOUND, message: 'No such event' },
  ROOM_VERSION_UNSUPPORTED: {
    kind: 'invalid',
    errcode: Errcode.UNSUPPORTED_ROOM_VERSION,
    message: 'This server does not support that room version',
  },
});

/** The event breaks a rule of the room. @param why  shown to the client */
export function deny(why: string): Refusal {
  return refuse('EVENT_DENIED', {}, why);
}
