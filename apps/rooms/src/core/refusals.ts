import { defineErrors } from '@ganglion/kernel';
import { Errcode } from '@ganglion/matrix';

/** What this service refuses by itself; the rules of rooms are in libs/matrix. */
export const refuse = defineErrors({
  ROOM_UNKNOWN: { kind: 'not-found', errcode: Errcode.NOT_FOUND, message: 'No such room' },
  ALIAS_UNKNOWN: { kind: 'not-found', errcode: Errcode.NOT_FOUND, message: 'No such room alias' },
  ALIAS_TAKEN: { kind: 'invalid', errcode: Errcode.ROOM_IN_USE, message: 'This room alias is taken' },
  ALIAS_POINTS_ELSEWHERE: {
    kind: 'invalid',
    errcode: Errcode.BAD_ALIAS,
    message: 'An alias of this event does not point to this room',
  },
  STATE_UNKNOWN: { kind: 'not-found', errcode: Errcode.NOT_FOUND, message: 'The room has no such state' },
  EVENT_UNKNOWN: { kind: 'not-found', errcode: Errcode.NOT_FOUND, message: 'No such event' },
  FILTER_UNKNOWN: { kind: 'not-found', errcode: Errcode.NOT_FOUND, message: 'No such filter' },
  TOO_MANY_FILTERS: { kind: 'invalid', errcode: Errcode.UNKNOWN, message: 'Too many filters' },
  PROFILE_UNKNOWN: { kind: 'not-found', errcode: Errcode.NOT_FOUND, message: 'No such user' },
  /** Whether the room exists is not told apart, so that ids cannot be tried out. */
  NOT_A_MEMBER: { kind: 'forbidden', errcode: Errcode.FORBIDDEN, message: 'You are not in this room' },
  NOT_LET_IN: {
    kind: 'forbidden',
    errcode: Errcode.FORBIDDEN,
    message: 'You are in none of the rooms whose members may join this one',
  },
  NOT_YOURS: { kind: 'forbidden', errcode: Errcode.FORBIDDEN, message: 'This belongs to another user' },
  GUESTS_FORBIDDEN: {
    kind: 'forbidden',
    errcode: Errcode.GUEST_ACCESS_FORBIDDEN,
    message: 'Guests may not join this room',
  },
  SUSPENDED: { kind: 'forbidden', errcode: Errcode.USER_SUSPENDED, message: 'This account is suspended' },
  LOCKED: { kind: 'unauthenticated', errcode: Errcode.USER_LOCKED, message: 'This account has been locked' },
  ACCOUNT_GONE: { kind: 'unauthenticated', errcode: Errcode.UNKNOWN_TOKEN, message: 'This account is deactivated' },
  TOKEN_GONE: { kind: 'unauthenticated', errcode: Errcode.UNKNOWN_TOKEN, message: 'This session has ended' },
  ROOM_CANNOT_START: {
    kind: 'invalid',
    errcode: Errcode.INVALID_ROOM_STATE,
    message: 'The room would forbid its own first events',
  },
  NO_THIRD_PARTY_INVITES: {
    kind: 'forbidden',
    errcode: Errcode.THREEPID_DENIED,
    message: 'This server sends no invites to e-mail addresses or phone numbers',
  },
  NAME_HAS_NUL: { kind: 'invalid', errcode: Errcode.INVALID_PARAM, message: 'A name must not contain NUL' },
  RELATION_UNKNOWN: {
    kind: 'invalid',
    errcode: Errcode.UNKNOWN,
    message: 'The event that this one relates to is not in this room',
  },
  REPLICA_BEHIND: { kind: 'unavailable', message: 'Not caught up yet; try again' },
});
