import { defineErrors } from '@ganglion/kernel';

/** Everything that resolving a requester may answer (auth.md §3). */
export const refuse = defineErrors({
  TOKEN_MISSING: { kind: 'unauthenticated', message: 'Missing access token', errcode: 'M_MISSING_TOKEN' },
  TOKEN_UNKNOWN: { kind: 'unauthenticated', message: 'Unknown access token', errcode: 'M_UNKNOWN_TOKEN' },
  TOKEN_EXPIRED: { kind: 'unauthenticated', message: 'Access token has expired', errcode: 'M_UNKNOWN_TOKEN' },
  USER_LOCKED: { kind: 'unauthenticated', message: 'This account has been locked', errcode: 'M_USER_LOCKED' },
  USER_DEACTIVATED: { kind: 'forbidden', message: 'This account has been deactivated', errcode: 'M_USER_DEACTIVATED' },
  ACCOUNT_EXPIRED: { kind: 'forbidden', message: 'User account has expired', errcode: 'ORG_MATRIX_EXPIRED_ACCOUNT' },
  GUEST_NOT_ALLOWED: {
    kind: 'forbidden',
    message: 'Guest access not allowed',
    errcode: 'M_GUEST_ACCESS_FORBIDDEN',
  },
  NOT_IN_NAMESPACE: {
    kind: 'forbidden',
    message: 'Application service cannot masquerade as this user',
    errcode: 'M_FORBIDDEN',
  },
  DEVICE_UNKNOWN: {
    kind: 'invalid',
    message: 'Application service has no such device to masquerade as',
    errcode: 'M_UNKNOWN_DEVICE',
  },
  DEVICE_UNKNOWN_UNSTABLE: {
    kind: 'invalid',
    message: 'Application service has no such device to masquerade as',
    errcode: 'M_EXCLUSIVE',
  },
  NOT_ADMIN: { kind: 'forbidden', message: 'You are not a server admin', errcode: 'M_FORBIDDEN' },
});

/** Made once: they say nothing about a request, and storms of bad tokens must cost nothing. */
export const refusals = {
  tokenMissing: refuse('TOKEN_MISSING'),
  tokenUnknown: refuse('TOKEN_UNKNOWN', { soft_logout: false }),
  tokenExpired: refuse('TOKEN_EXPIRED', { soft_logout: true }),
  userLocked: refuse('USER_LOCKED', { soft_logout: true }),
  userDeactivated: refuse('USER_DEACTIVATED'),
  accountExpired: refuse('ACCOUNT_EXPIRED'),
  guestNotAllowed: refuse('GUEST_NOT_ALLOWED'),
  notInNamespace: refuse('NOT_IN_NAMESPACE'),
  deviceUnknown: refuse('DEVICE_UNKNOWN'),
  deviceUnknownUnstable: refuse('DEVICE_UNKNOWN_UNSTABLE'),
  notAdmin: refuse('NOT_ADMIN'),
} as const;
