import { Commands, LOGGER, type LeaderWork } from '@ganglion/service';
import type { Logger } from '@ganglion/observability';
import { Inject, Injectable } from '@nestjs/common';
import { Rules } from '../../limits/rules.provider.js';
import { CohortRepository } from '../cohort.repository.js';
import { decide } from './reap.js';

const EVERY_MS = 3_600_000;
const NOBODY: ReadonlySet<string> = new Set();

/** Hourly and at start: takes members out whose mark is too old. Dying half-way costs nothing: it decides anew. */
@Injectable()
export class ReapJob implements LeaderWork {
  readonly name = 'reaper';
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly cohort: CohortRepository,
    private readonly commands: Commands,
    private readonly rules: Rules,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.runReported(), EVERY_MS);
    this.runReported();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async run(): Promise<void> {
    const command = this.commands.make('Reap', 'schedule', { rules: this.rules.cohort, reserved: NOBODY });
    await this.cohort.decide((cohort) => decide(cohort, command), command.meta);
  }

  private runReported(): void {
    this.run().catch((error: unknown) =>
      this.logger.error({ err: error }, 'the reaper failed; it runs again in an hour'),
    );
  }
}
