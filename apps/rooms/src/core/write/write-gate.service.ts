import type { Requester } from '@ganglion/contracts';
import type { FenceMember } from '@ganglion/fence';
import { RpcClient, currentCall } from '@ganglion/messaging';
import { AccountsReplica, Followers, RestrictionsReplica } from '@ganglion/service';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { refuse } from '../refusals.js';
import { Fences } from './fences.service.js';
import { InFlight, InForce } from './in-flight.js';

/** Longest wait for a replica that lags by a frame. */
const PATIENCE_MS = 1_000;
const MAX_ATTEMPTS = 3;

/** Thrown by `judge`: what is known of accounts may be out of date; leave and come again. */
export class OutOfDate extends Error {
  override readonly name = 'OutOfDate';
}

/** What holds of somebody at the moment of writing. */
export interface Judgement {
  shadowBanned: boolean;
  suspended: boolean;
}

/**
 * Says just before an append what the account is allowed, from replicas of auth and moderation, and only while both fences
 * let this process serve (design §4). An acknowledged revocation binds every append that has not yet been judged, and waits
 * for those that have.
 */
@Injectable()
export class WriteGate implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly accounts: AccountsReplica;
  private readonly restrictions: RestrictionsReplica;
  private readonly members: FenceMember[];
  private readonly inFlight = new InFlight();

  constructor(followers: Followers, rpc: RpcClient, fences: Fences) {
    this.accounts = new AccountsReplica('rooms.accounts', rpc);
    this.restrictions = new RestrictionsReplica('rooms.restrictions', rpc);
    followers.follow('auth', this.accounts);
    followers.follow('moderation', this.restrictions);
    this.members = [
      fences.member('auth', new InForce(this.accounts, this.inFlight)),
      fences.member('moderation', new InForce(this.restrictions, this.inFlight)),
    ];
  }

  onApplicationBootstrap(): void {
    for (const member of this.members) member.start();
  }

  onApplicationShutdown(): void {
    for (const member of this.members) member.stop();
  }

  /**
   * Runs a write that calls `judge` in the same turn in which it hands its events to the log. Tried again when the replicas
   * turn out to be behind.
   * @throws REPLICA_BEHIND (503) when they stay so; what `work` throws
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const patienceMs = Math.min(PATIENCE_MS, currentCall()?.remainingMs() ?? PATIENCE_MS);
    for (let attempt = 1; ; attempt++) {
      const ready = await Promise.all(this.members.map((member) => member.mayServeWithin(patienceMs)));
      if (!ready.every(Boolean)) throw refuse('REPLICA_BEHIND', { retry_after_ms: 500 });
      try {
        return await this.inFlight.run(work);
      } catch (error) {
        if (!(error instanceof OutOfDate)) throw error;
        if (attempt === MAX_ATTEMPTS) throw refuse('REPLICA_BEHIND', { retry_after_ms: 500 });
      }
    }
  }

  /**
   * @throws OutOfDate when it cannot be said now
   * @throws ACCOUNT_GONE, TOKEN_GONE, LOCKED (401)
   */
  judge({ userId, accessTokenId, authenticatedEntity, appServiceId }: Requester): Judgement {
    if (!this.members.every((member) => member.mayServe())) throw new OutOfDate();
    if (this.accounts.get(userId)?.deactivated) throw refuse('ACCOUNT_GONE', { soft_logout: false });
    if (accessTokenId !== null && this.accounts.wasRevoked(accessTokenId))
      throw refuse('TOKEN_GONE', { soft_logout: false });
    // Which user of an application service is its sender, whom no lock binds, only the gateway knows.
    if (appServiceId === null && [userId, authenticatedEntity].some((id) => this.restrictions.isLocked(id))) {
      throw refuse('LOCKED', { soft_logout: true });
    }
    return {
      shadowBanned: this.restrictions.isShadowBanned(userId),
      suspended: this.restrictions.isSuspended(userId),
    };
  }
}
