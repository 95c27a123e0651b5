import type { RegistrationPublic, Requester } from '@ganglion/contracts';
import type { AccountState, Directory, StoredToken, TokenTable } from '@ganglion/requester';
import type { AccountsReplica, AppservicesReplica, RestrictionsReplica } from '@ganglion/service';
import type { UnknownTokens } from './unknown-tokens.js';

/** The gateway's replicas, as the questions that resolving a requester asks. Costs a few map look-ups, never a hop. */
export class ReplicaDirectory implements Directory {
  constructor(
    private readonly accounts: AccountsReplica,
    private readonly restrictions: RestrictionsReplica,
    private readonly appservices: AppservicesReplica,
    private readonly tokens: TokenTable,
    private readonly unknown: UnknownTokens,
  ) {}

  token(tokenHash: string): StoredToken | undefined {
    return this.tokens.get(tokenHash);
  }

  isKnownUnknown(tokenHash: string): boolean {
    return this.unknown.has(tokenHash);
  }

  appserviceByTokenHash(tokenHash: string): RegistrationPublic | undefined {
    return this.appservices.byTokenHash(tokenHash);
  }

  account(userId: string): AccountState | undefined {
    return this.accounts.get(userId);
  }

  hasDevice(userId: string, deviceId: string): boolean {
    return this.accounts.hasDevice(userId, deviceId);
  }

  isLocked(userId: string): boolean {
    return this.restrictions.isLocked(userId);
  }

  isSuspended(userId: string): boolean {
    return this.restrictions.isSuspended(userId);
  }

  isShadowBanned(userId: string): boolean {
    return this.restrictions.isShadowBanned(userId);
  }

  seen(): Requester['seen'] {
    return { auth: this.accounts.applied().pos, moderation: this.restrictions.applied().pos };
  }
}
