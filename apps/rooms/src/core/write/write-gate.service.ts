import type { Config } from '@ganglion/config';
import { logOf, type LogService } from '@ganglion/contracts';
import { FenceMember } from '@ganglion/fence';
import type { Clock } from '@ganglion/kernel';
import { Bus, RpcClient, currentCall } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';
import {
  AccountsReplica,
  CLOCK,
  CONFIG,
  Followers,
  INSTANCE,
  LOGGER,
  RestrictionsReplica,
  fenceMember,
} from '@ganglion/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { refuse } from '../refusals.js';
import { InFlight, InForce } from './in-flight.js';

/** Longest wait for a replica that lags by a frame. */
const PATIENCE_MS = 1_000;

/** Thrown by `judge`: what is known of accounts may be out of date; leave and come again. */
export class OutOfDate extends Error {
  override readonly name = 'OutOfDate';
}

/** What holds of somebody at the moment of writing. */
export interface Judgement {
  shadowBanned: boolean;
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

  constructor(
    followers: Followers,
    rpc: RpcClient,
    bus: Bus,
    @Inject(CONFIG) config: Config,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
    @Inject(INSTANCE) instance: string,
  ) {
    this.accounts = new AccountsReplica('rooms.accounts', rpc);
    this.restrictions = new RestrictionsReplica('rooms.restrictions', rpc);
    followers.follow('auth', this.accounts);
    followers.follow('moderation', this.restrictions);
    const parts = { bus, config, clock, logger };
    const member = (service: LogService, replica: AccountsReplica | RestrictionsReplica) =>
      fenceMember(new InForce(replica, this.inFlight), logOf(service), instance, parts);
    this.members = [member('auth', this.accounts), member('moderation', this.restrictions)];
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
        if (!(error instanceof OutOfDate) || attempt === 3) throw error;
      }
    }
  }

  /**
   * @throws OutOfDate when it cannot be said now
   * @throws ACCOUNT_GONE (401)
   */
  judge(userId: string): Judgement {
    if (!this.members.every((member) => member.mayServe())) throw new OutOfDate();
    if (this.accounts.get(userId)?.deactivated) throw refuse('ACCOUNT_GONE');
    return { shadowBanned: this.restrictions.isShadowBanned(userId) };
  }
}
