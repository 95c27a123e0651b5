import type { Config } from '@ganglion/config';
import { systemTimers } from '@ganglion/event-store';
import type { Clock } from '@ganglion/kernel';
import { counter, type Counter, type Registry } from '@ganglion/observability';
import { CLOCK, CONFIG, REGISTRY } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { refuse } from '../auth.errors.js';
import type { Attempt } from './leaky-bucket.js';
import { Limiter } from './limiter.js';

export type LimiterName =
  'login_address' | 'login_account' | 'login_failed_attempts' | 'uia_failed_attempts' | 'registration';

/** How long a refused client waits for its answer, so that hammering costs it something. */
const REFUSAL_PAUSE_MS = 500;
/** Refused clients kept waiting at once; further ones are answered at once, so that they hold nothing up. */
const MAX_PAUSING = 200;

/**
 * Limits on logging in and registering. Buckets are in the memory of the owner of auth's commands, of which there is one at
 * a time: so they are server-wide, cost no round trip, and a restart forgives at most one burst per key. They are rate
 * counters, which design §2 keeps out of the log.
 */
@Injectable()
export class RateLimits {
  private readonly limiters: Record<LimiterName, Limiter>;
  private readonly rejected: Counter;
  private pausing = 0;

  constructor(
    @Inject(CONFIG) { auth }: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(REGISTRY) registry: Registry,
  ) {
    const limiter = (rule: { per_second: number; burst_count: number }) =>
      new Limiter({ perSecond: rule.per_second, burst: rule.burst_count });
    this.limiters = {
      login_address: limiter(auth.rc_login.address),
      login_account: limiter(auth.rc_login.account),
      login_failed_attempts: limiter(auth.rc_login.failed_attempts),
      uia_failed_attempts: limiter(auth.rc_login.failed_attempts),
      registration: limiter(auth.rc_registration),
    };
    this.rejected = counter(registry, 'rate_limit_rejected_total', 'Requests refused by a rate limit', ['limiter']);
    for (const name of Object.keys(this.limiters)) this.rejected.inc({ limiter: name }, 0);
  }

  /** Counts nothing. @throws LIMIT_EXCEEDED with `retry_after_ms`, after a pause */
  check(name: LimiterName, key: string): Promise<void> {
    return this.enforce(name, this.limiters[name].check(key, this.clock.monotonicMs()));
  }

  /** Counts one action. @throws LIMIT_EXCEEDED with `retry_after_ms`, after a pause; then nothing is counted */
  take(name: LimiterName, key: string): Promise<void> {
    return this.enforce(name, this.limiters[name].take(key, this.clock.monotonicMs()));
  }

  /** What was counted in advance did not happen. */
  giveBack(name: LimiterName, key: string): void {
    this.limiters[name].giveBack(key, this.clock.monotonicMs());
  }

  private async enforce(name: LimiterName, attempt: Attempt): Promise<void> {
    if (attempt.ok) return;
    this.rejected.inc({ limiter: name });
    await this.pause();
    throw refuse('LIMIT_EXCEEDED', { retry_after_ms: attempt.retryAfterMs });
  }

  private async pause(): Promise<void> {
    if (this.pausing >= MAX_PAUSING) return;
    this.pausing++;
    await new Promise<void>((resolve) => systemTimers.after(REFUSAL_PAUSE_MS, resolve));
    this.pausing--;
  }
}

/** Key of a client's address in the limiters. Clients whose address is unknown share one. */
export function addressKey(clientIp: string | null): string {
  return clientIp ?? 'unknown';
}
