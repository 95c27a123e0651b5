import { defineErrors } from '@ganglion/kernel';

/** Every "no" of auth that a caller can meet (auth.md §3, §6, §11.5). */
export const refuse = defineErrors({
  BAD_JSON: { kind: 'invalid', errcode: 'M_BAD_JSON', message: 'Bad JSON' },
  INVALID_PARAM: { kind: 'invalid', errcode: 'M_INVALID_PARAM', message: 'Invalid parameter' },
  MISSING_PARAM: { kind: 'invalid', errcode: 'M_MISSING_PARAM', message: 'Missing parameter' },
  UNKNOWN: { kind: 'invalid', errcode: 'M_UNKNOWN', message: 'Not possible' },
  DISPLAY_NAME_TOO_LONG: { kind: 'invalid', errcode: 'M_TOO_LARGE', message: 'Device display name is too long' },
  UNKNOWN_KIND: { kind: 'invalid', errcode: 'M_UNRECOGNIZED', message: 'Unknown kind of account' },

  USER_IN_USE: { kind: 'invalid', errcode: 'M_USER_IN_USE', message: 'User ID already taken' },
  USERNAME_INVALID: { kind: 'invalid', errcode: 'M_INVALID_USERNAME', message: 'Invalid username' },
  NAME_EXCLUSIVE: {
    kind: 'invalid',
    errcode: 'M_EXCLUSIVE',
    message: 'This user ID is reserved by an application service',
  },
  REGISTRATION_DISABLED: { kind: 'forbidden', message: 'Registration has been disabled' },
  GUESTS_DISABLED: { kind: 'forbidden', message: 'Guest access is disabled' },
  REGISTERED_OTHER_NAME: {
    kind: 'invalid',
    errcode: 'M_UNKNOWN',
    message: 'This session has registered another user ID',
  },

  PASSWORD_TOO_SHORT: { kind: 'invalid', errcode: 'M_PASSWORD_TOO_SHORT', message: 'Password is too short' },
  PASSWORD_NO_DIGIT: { kind: 'invalid', errcode: 'M_PASSWORD_NO_DIGIT', message: 'Password must contain a digit' },
  PASSWORD_NO_SYMBOL: { kind: 'invalid', errcode: 'M_PASSWORD_NO_SYMBOL', message: 'Password must contain a symbol' },
  PASSWORD_NO_UPPERCASE: {
    kind: 'invalid',
    errcode: 'M_PASSWORD_NO_UPPERCASE',
    message: 'Password must contain an upper-case letter',
  },
  PASSWORD_NO_LOWERCASE: {
    kind: 'invalid',
    errcode: 'M_PASSWORD_NO_LOWERCASE',
    message: 'Password must contain a lower-case letter',
  },

  BAD_CREDENTIALS: { kind: 'forbidden', message: 'Invalid username or password' },
  PASSWORD_LOGIN_DISABLED: { kind: 'invalid', errcode: 'M_UNKNOWN', message: 'Password login has been disabled' },
  USER_DEACTIVATED: { kind: 'forbidden', errcode: 'M_USER_DEACTIVATED', message: 'This account has been deactivated' },
  NOT_REGISTERED: { kind: 'forbidden', message: 'This user is not registered' },
  OUTSIDE_NAMESPACE: {
    kind: 'forbidden',
    errcode: 'M_EXCLUSIVE',
    message: 'The user ID is not in a namespace of this application service',
  },
  APPSERVICE_LOGIN_UNSUPPORTED: {
    kind: 'invalid',
    errcode: 'M_APPSERVICE_LOGIN_UNSUPPORTED',
    message: 'This application service manages devices itself and cannot log in',
  },

  USER_LOCKED: { kind: 'unauthenticated', errcode: 'M_USER_LOCKED', message: 'This account has been locked' },
  DEVICE_UNKNOWN: { kind: 'not-found', errcode: 'M_NOT_FOUND', message: 'No such device' },
  PASSWORDS_UNSETTABLE: { kind: 'forbidden', message: 'Passwords cannot be set on this server' },

  MISSING_TOKEN: { kind: 'unauthenticated', errcode: 'M_MISSING_TOKEN', message: 'Missing access token' },
  UNKNOWN_TOKEN: { kind: 'unauthenticated', errcode: 'M_UNKNOWN_TOKEN', message: 'Unknown access token' },

  UIA_SESSION_UNKNOWN: { kind: 'invalid', errcode: 'M_UNKNOWN', message: 'Unknown session' },
  UIA_OTHER_OPERATION: {
    kind: 'forbidden',
    errcode: 'M_UNKNOWN',
    message: 'The session was started for another operation',
  },
  UIA_IMPOSSIBLE: { kind: 'forbidden', message: 'Only a user’s own session can confirm this' },
  UIA_OTHER_USER: { kind: 'forbidden', message: 'This is confirmed by somebody else than whose session it is' },
  UIA_STAGE_UNKNOWN: { kind: 'unauthenticated', errcode: 'M_UNRECOGNIZED', message: 'Unknown authentication stage' },

  HMAC_WRONG: { kind: 'forbidden', errcode: 'M_UNKNOWN', message: 'HMAC incorrect' },

  LIMIT_EXCEEDED: { kind: 'limited', message: 'Too many requests' },
  HASHING_BUSY: { kind: 'limited', message: 'Too many passwords are being checked' },
  NAMESPACES_UNKNOWN: {
    kind: 'unavailable',
    message: 'It cannot be told which user IDs are reserved; try again',
  },
  RESTRICTIONS_UNKNOWN: {
    kind: 'unavailable',
    message: 'It cannot be told which accounts are restricted; try again',
  },
});
