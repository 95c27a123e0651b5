import type { Config } from '@ganglion/config';
import { systemTimers } from '@ganglion/event-store';
import type { Clock, Ids } from '@ganglion/kernel';
import { CLOCK, CONFIG, IDS } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { Registrations } from '../registrations/registrations.service.js';
import { AppserviceClient, type Target, type TransactionSender } from './appservice-client.http.js';
import type { RetryTimes } from './backoff.js';
import type { TransactionLimits } from './transaction.js';

/** Bridges are written for no more events at once (appservice.md §7.4). */
const MAX_EVENTS = 100;
const USER_AGENT = 'Ganglion';

/** How each appservice wants to be, and may be, treated. */
@Injectable()
export class Appservices {
  readonly limits: TransactionLimits;
  readonly retry: RetryTimes;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
    private readonly registrations: Registrations,
  ) {
    const { max_txn_events, max_txn_bytes, retry } = config.appservice;
    this.limits = { maxEvents: Math.min(max_txn_events, MAX_EVENTS), maxBytes: max_txn_bytes };
    this.retry = { firstMs: retry.first_ms, maxMs: retry.max_ms, jitter: retry.jitter };
  }

  /** Over connections of its own. */
  sender(asId: string): TransactionSender {
    return new AppserviceClient({
      target: () => this.target(asId),
      timeoutMs: this.config.appservice.request_timeout_ms,
      userAgent: USER_AGENT,
      clock: this.clock,
      timers: systemTimers,
    });
  }

  legacyEventFields(asId: string): boolean {
    return this.registrations.get(asId).options.legacyEventFields;
  }

  /** 0..1, anew at each call. */
  chance(): number {
    return Number(this.ids.random(6, '0123456789')) / 1e6;
  }

  private target(asId: string): Target {
    const { url, hsToken } = this.registrations.get(asId);
    if (url === null) throw new Error(`nothing is sent to ${asId}, which has no URL`);
    return { url, hsToken };
  }
}
