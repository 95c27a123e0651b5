import type { TokenRevoked } from '@ganglion/contracts';
import type { AccessToken, Account } from '../accounts/account.js';

/** One event per token of the account that `which` picks. */
export function revokeTokens(
  account: Account,
  which: (token: AccessToken, tokenId: string) => boolean,
  reason: TokenRevoked['data']['reason'],
): TokenRevoked[] {
  return [...account.tokens]
    .filter(([tokenId, token]) => which(token, tokenId))
    .map(([tokenId, { tokenHash }]) => ({
      type: 'token.revoked',
      data: { tokenId, tokenHash, ownerUserId: account.userId, reason },
    }));
}
