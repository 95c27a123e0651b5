import type { Clock, Ids } from '@ganglion/kernel';
import {
  rebuildBeside,
  removeLeftovers,
  retryParked,
  type EventSource,
  type PgProjection,
  type RebuildOptions,
  type RetryOptions,
} from '@ganglion/event-store';
import type { Logger } from '@ganglion/observability';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { LeaderWork } from '../ownership/leadership.js';
import { CLOCK, IDS, LOGGER, POOL } from '../tokens.js';
import { hasEnded, type JobStarted, type ProjectionJob, type RebuildJob, type RetryJob } from './projection-reports.js';

/**
 * What is done to projections in the background of the process that leads: one thing at a time to each; the last one is
 * remembered.
 */
@Injectable()
export class ProjectionJobs implements LeaderWork {
  readonly name = 'work on projections';
  private readonly last = new Map<string, ProjectionJob>();
  private readonly running = new Set<Promise<void>>();
  private stopping = new AbortController();

  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const removed = await removeLeftovers(this.pool);
    if (removed.length > 0) this.logger.info({ schemas: removed }, 'removed what unfinished rebuilds have left');
  }

  of(projection: string): ProjectionJob | null {
    return this.last.get(projection) ?? null;
  }

  byId(id: string): ProjectionJob | null {
    return [...this.last.values()].find((job) => job.id === id) ?? null;
  }

  rebuild(projection: PgProjection, source: EventSource, replace: boolean): JobStarted {
    const job: RebuildJob = { ...this.newJob(), kind: 'rebuild', replace, progress: null, report: null };
    const { pool, clock } = this;
    const onProgress: RebuildOptions['onProgress'] = (progress) => void (job.progress = progress);
    const options = { pool, source, clock, replace, onProgress, signal: this.stopping.signal };
    return this.begin(projection, job, () => rebuildBeside(projection, options));
  }

  retry(projection: PgProjection, source: EventSource, which: Pick<RetryOptions, 'stream' | 'pos'>): JobStarted {
    const job: RetryJob = { ...this.newJob(), kind: 'retry', applied: 0, report: null };
    const onApplied = (applied: number) => void (job.applied = applied);
    const options = { ...which, db: this.pool, source, onApplied, signal: this.stopping.signal };
    return this.begin(projection, job, () => retryParked(projection, options));
  }

  /** Ends what runs, in good order: nothing that serves is changed by it. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('this process does not lead any more, or stops'));
    await Promise.all(this.running);
    this.stopping = new AbortController();
  }

  private newJob() {
    return { id: this.ids.eventId(), startedAtMs: this.clock.nowMs(), problem: null };
  }

  private begin<J extends ProjectionJob>({ name }: PgProjection, job: J, work: () => Promise<J['report']>): JobStarted {
    const before = this.last.get(name);
    if (before && !hasEnded(before)) return { refused: `a ${before.kind} of ${name} is running; wait for its end` };
    this.last.set(name, job);
    const run = this.run(name, job, work).finally(() => this.running.delete(run));
    this.running.add(run);
    return { id: job.id };
  }

  private async run<J extends ProjectionJob>(name: string, job: J, work: () => Promise<J['report']>) {
    const { logger } = this;
    const { kind } = job;
    logger.info({ projection: name, kind }, 'work on a projection begins');
    try {
      job.report = await work();
      logger.info({ projection: name, kind, report: job.report }, 'work on a projection has ended');
    } catch (err) {
      // Whoever asked for it is told; tables that served go on serving.
      job.problem = err instanceof Error ? err.message : String(err);
      logger.warn({ err, projection: name, kind }, 'work on a projection was given up; its tables are as they were');
    }
  }
}
