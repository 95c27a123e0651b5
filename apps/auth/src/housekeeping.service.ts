import type { Logger } from '@ganglion/observability';
import { Leadership, LOGGER, type LeaderWork } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import { UnnamedCredentials } from './passwords/unnamed-credentials.service.js';
import { Nonces } from './shared-secret/nonces.store.js';
import { UiaSessions } from './uia/uia-sessions.store.js';

const EVERY_MS = 600_000;

/**
 * Removes what has had its time: nonces, UIA sessions, hashes that no account names. Every ten minutes; each run is harmless
 * to repeat, and one that fails is made up for by the next. The leader's work: once is enough.
 */
@Injectable()
export class Housekeeping implements LeaderWork {
  readonly name = 'housekeeping';
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly nonces: Nonces,
    private readonly sessions: UiaSessions,
    private readonly credentials: UnnamedCredentials,
    @Inject(LOGGER) private readonly logger: Logger,
    leadership: Leadership,
  ) {
    leadership.during(this);
  }

  start(): void {
    this.timer = setInterval(() => {
      this.running = this.tidy().catch((error: unknown) =>
        this.logger.warn({ err: error }, 'what is over was not removed; the next run will'),
      );
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  async tidy(): Promise<void> {
    await this.nonces.dropOver();
    await this.sessions.dropOver();
    await this.credentials.dropOver();
  }
}
