import type { TokenLookup, TokenLookupReply } from '@ganglion/contracts';
import type { RpcClient } from '@ganglion/messaging';
import type { Followers } from '@ganglion/service';
import { refuse } from '../gateway.errors.js';
import type { UnknownTokens } from './unknown-tokens.js';

const ANSWER_MS = 2_000;
const CATCH_UP_MS = 2_000;

/**
 * Asks auth, once per token, about tokens of ours that the replica does not hold: they may be newer than it. When there
 * is such a token the replica is waited for; the answer itself is not put in, a revocation could have overtaken it.
 */
export class NewerTokens {
  private readonly asking = new Map<string, Promise<void>>();

  constructor(
    private readonly rpc: RpcClient,
    private readonly followers: Followers,
    private readonly unknown: UnknownTokens,
  ) {}

  /** @throws TOKEN_NOT_CHECKED (503) when auth does not answer or the replica does not catch up */
  learn(tokenHash: string): Promise<void> {
    let answer = this.asking.get(tokenHash);
    if (!answer) {
      answer = this.ask(tokenHash).finally(() => this.asking.delete(tokenHash));
      this.asking.set(tokenHash, answer);
    }
    return answer;
  }

  private async ask(tokenHash: string): Promise<void> {
    const question: TokenLookup = { tokenHash };
    try {
      const { token, pos } = await this.rpc.query<TokenLookupReply>('auth', 'token', question, { budgetMs: ANSWER_MS });
      if (token) await this.followers.reached('auth', pos, CATCH_UP_MS);
      else this.unknown.add(tokenHash);
    } catch (cause) {
      throw Object.assign(refuse('TOKEN_NOT_CHECKED'), { cause });
    }
  }
}
