import type { Requester } from '@ganglion/contracts';
import { refuse } from '../auth.errors.js';
import type { Account } from './account.js';

/**
 * Is the session that the request came with still there? Of a token that belongs to another account, and of guests, who have
 * none that is stored, this account cannot tell.
 * @throws UNKNOWN_TOKEN, USER_DEACTIVATED, NOT_REGISTERED
 */
export function checkStillIn(account: Account, requester: Requester): void {
  const { authenticatedEntity, accessTokenId, appServiceId, isGuest, userId } = requester;
  const isOwnToken = appServiceId === null && authenticatedEntity === userId && !isGuest;
  if (isOwnToken && !account.tokens.has(accessTokenId ?? '')) throw refuse('UNKNOWN_TOKEN', { soft_logout: false });
  if (account.status === 'deactivated') throw refuse('USER_DEACTIVATED');
  if (account.status === 'none') throw refuse('NOT_REGISTERED');
}
