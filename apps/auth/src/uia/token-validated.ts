import type { TokenValidated } from '@ganglion/contracts';
import type { Account } from '../accounts/account.js';

/**
 * That the holder of a token has just shown who they are.
 * @param tokenId  null: nobody was asked; one of another account, which acts as this one, is not noted either
 */
export function tokenValidated(account: Account, tokenId: string | null, nowMs: number): TokenValidated[] {
  if (tokenId === null || !account.tokens.has(tokenId)) return [];
  return [{ type: 'token.validated', data: { tokenId, ownerUserId: account.userId, validatedAtMs: nowMs } }];
}
