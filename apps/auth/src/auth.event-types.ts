import type { AuthEvent } from '@ganglion/contracts';
import type { EventTypes } from '@ganglion/event-store';
import type { UserIdClaimed } from './accounts/user-id-claim.js';

/** Every type the auth log may hold, with its payload version. */
export const authEventTypes = {
  'account.registered': { v: 1 },
  'account.admin_set': { v: 1 },
  'account.password_set': { v: 1 },
  'account.deactivated': { v: 1 },
  'device.created': { v: 1 },
  'device.renamed': { v: 1 },
  'device.deleted': { v: 1 },
  'token.issued': { v: 1 },
  'token.validated': { v: 1 },
  'token.revoked': { v: 1 },
  'user_id.claimed': { v: 1 },
} satisfies EventTypes & Record<(AuthEvent | UserIdClaimed)['type'], { v: number }>;
