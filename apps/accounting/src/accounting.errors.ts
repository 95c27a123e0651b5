import { defineErrors } from '@ganglion/kernel';

/** Every "no" of accounting that a caller can meet; the limits' own is made by the block decision. */
export const refuse = defineErrors({
  NOT_ADMIN: { kind: 'forbidden', errcode: 'M_FORBIDDEN', message: 'You are not a server admin' },
  ACCOUNTS_NOT_LOADED: { kind: 'unavailable', message: 'Accounting is starting' },
  NOT_LOCAL: { kind: 'invalid', errcode: 'M_INVALID_PARAM', message: 'Not a user id of this server' },
});
