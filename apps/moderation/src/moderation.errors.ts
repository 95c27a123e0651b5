import { defineErrors } from '@ganglion/kernel';

/** Every "no" of moderation that a caller can meet. */
export const refuse = defineErrors({
  USER_NOT_FOUND: { kind: 'not-found', errcode: 'M_NOT_FOUND', message: 'No such user' },
  USER_ID_INVALID: { kind: 'invalid', errcode: 'M_INVALID_PARAM', message: 'Not a user id of this server' },
  SELF_RESTRICTION: { kind: 'forbidden', errcode: 'M_FORBIDDEN', message: 'You may not restrict yourself' },
  ADMIN_RESTRICTION: { kind: 'forbidden', errcode: 'M_FORBIDDEN', message: 'You may not restrict another admin' },
});
