import type { Config } from '@ganglion/config';
import { logOf } from '@ganglion/contracts';
import type { FenceMember } from '@ganglion/fence';
import type { Clock } from '@ganglion/kernel';
import { Bus } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';
import { CLOCK, CONFIG, fenceMember, INSTANCE, LOGGER, RestrictionsReplica } from '@ganglion/service';
import type { FactoryProvider, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { refuse } from '../auth.errors.js';

/** How long a login waits for a replica that lags. */
const PATIENCE_MS = 1_000;

/**
 * Auth's place in moderation's fence: while it cannot be told which accounts are restricted, nobody gets a session here, so
 * that a restriction is in force when the admin is told so (design §4).
 */
export class ModerationMember implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly member: FenceMember,
    private readonly restrictions: RestrictionsReplica,
  ) {}

  onApplicationBootstrap(): void {
    this.member.start();
  }

  /** After the last request was answered: whoever has said goodbye may not serve any more. */
  onApplicationShutdown(): void {
    this.member.stop();
  }

  /** As far as this process knows: ask `mustBeCurrent` before. */
  isLocked(userId: string): boolean {
    return this.restrictions.isLocked(userId);
  }

  /** @throws RESTRICTIONS_UNKNOWN (503) */
  async mustBeCurrent(): Promise<void> {
    if (this.member.mayServe() || (await this.member.mayServeWithin(PATIENCE_MS))) return;
    throw refuse('RESTRICTIONS_UNKNOWN', { retry_after_ms: PATIENCE_MS });
  }
}

type Parts = [RestrictionsReplica, string, Bus, Config, Clock, Logger];

export const moderationMemberProvider: FactoryProvider<ModerationMember> = {
  provide: ModerationMember,
  useFactory: (...[restrictions, instance, bus, config, clock, logger]: Parts) =>
    new ModerationMember(
      fenceMember(restrictions, logOf('moderation'), instance, { bus, config, clock, logger }),
      restrictions,
    ),
  inject: [RestrictionsReplica, INSTANCE, Bus, CONFIG, CLOCK, LOGGER],
};
