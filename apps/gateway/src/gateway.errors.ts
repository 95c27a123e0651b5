import { defineErrors } from '@ganglion/kernel';

export const refuse = defineErrors({
  NO_SUCH_PATH: { kind: 'not-found', message: 'Unrecognized request', errcode: 'M_UNRECOGNIZED' },
  WRONG_METHOD: { kind: 'wrong-method', message: 'Unrecognized request', errcode: 'M_UNRECOGNIZED' },
  BAD_ESCAPE: { kind: 'invalid', message: 'The address holds an escape that is none', errcode: 'M_INVALID_PARAM' },
  BAD_REQUEST: { kind: 'invalid', message: 'Not a request that HTTP allows', errcode: 'M_UNKNOWN' },
  NO_BODY: { kind: 'invalid', message: 'Content not JSON', errcode: 'M_NOT_JSON' },
  UNSAFE_NUMBER: {
    kind: 'invalid',
    message: 'Numbers in events are integers from -(2^53-1) to 2^53-1',
    errcode: 'M_BAD_JSON',
  },
  BODY_TOO_LARGE: { kind: 'too-large', message: 'The content is too large' },
  HEAD_TOO_LARGE: { kind: 'too-large', message: 'The address or the headers are too large' },
  TOO_SLOW: { kind: 'timeout', message: 'The request did not arrive in time' },
  NOT_A_USER_ID: { kind: 'invalid', message: 'Not a user id', errcode: 'M_INVALID_PARAM' },
  NOT_LOCAL: { kind: 'invalid', message: 'Only users of this server', errcode: 'M_INVALID_PARAM' },
  FENCE_CLOSED: {
    kind: 'unavailable',
    message: 'This server cannot tell at the moment whether the request is allowed',
  },
  TOKEN_NOT_CHECKED: { kind: 'unavailable', message: 'The token cannot be checked at the moment' },
  FROM_ON_SYNC: {
    kind: 'invalid',
    message: "'from' is not a parameter of sync; did you mean 'since'?",
    errcode: 'M_INVALID_PARAM',
  },
  OVERLOADED: { kind: 'limited', message: 'Too many requests' },
  TOO_MANY_PARKED: { kind: 'limited', message: 'Too many requests are waiting here' },
  NO_BASEURL: { kind: 'not-found', message: 'No base URL is configured', errcode: 'M_NOT_FOUND' },
});
