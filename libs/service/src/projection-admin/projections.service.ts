import type { LogService } from '@ganglion/contracts';
import { EventLog, parkedCounts, sourceOf, type EventSource, type PgProjection } from '@ganglion/event-store';
import { outsideCalls, RpcClient } from '@ganglion/messaging';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Followers } from '../followers.js';
import { Leadership } from '../ownership/leadership.js';
import { headOf, logSource } from './log-source.js';
import { ProjectionJobs } from './projection-jobs.js';
import type { JobStarted, ProjectionJob, ProjectionStatus } from './projection-reports.js';

/** What operators see of this service's projections, and do to them. Only in the process that leads, because it runs them. */
@Injectable()
export class Projections implements OnModuleInit {
  constructor(
    private readonly followers: Followers,
    private readonly leadership: Leadership,
    private readonly log: EventLog,
    private readonly rpc: RpcClient,
    private readonly jobs: ProjectionJobs,
  ) {}

  onModuleInit(): void {
    this.leadership.during(this.jobs);
  }

  /** Null: another process runs them. */
  async list(): Promise<ProjectionStatus[] | null> {
    if (!this.leadership.leads()) return null;
    const parked = await parkedCounts(this.log.pool);
    return Promise.all(this.followers.projections().map((known) => this.describe(known, parked)));
  }

  rebuild(name: string, replace: boolean): JobStarted | null {
    return this.begin(name, (projection, source) => {
      const { rebuilding } = projection;
      if ('never' in rebuilding) return { refused: `${name} cannot be rebuilt: ${rebuilding.never}` };
      return this.jobs.rebuild(projection, source, replace);
    });
  }

  retry(name: string, which: { stream?: string; pos?: number }): JobStarted | null {
    return this.begin(name, (projection, source) => {
      if (!projection.parks) return { refused: `${name} parks nothing: it halts at an event that it cannot apply` };
      return this.jobs.retry(projection, source, which);
    });
  }

  job(id: string): ProjectionJob | null {
    return this.jobs.byId(id);
  }

  private begin(name: string, work: (projection: PgProjection, source: EventSource) => JobStarted): JobStarted | null {
    const known = this.followers.projections().find(({ projection }) => projection.name === name);
    if (!known || !this.leadership.leads()) return null;
    const source = known.source === this.log.service ? sourceOf(this.log) : logSource(this.rpc, known.source);
    // It goes on when whoever asked has long had an answer.
    return outsideCalls(() => work(known.projection, source));
  }

  private async describe(
    { projection, source }: { projection: PgProjection; source: LogService },
    parked: ReadonlyMap<string, number>,
  ): Promise<ProjectionStatus> {
    const { name, tables, parks, rebuilding } = projection;
    const at = await projection.position();
    return {
      name,
      service: this.log.service as LogService,
      instance: this.log.holder,
      source,
      tables,
      position: at?.pos ?? null,
      head: await this.headOf(source, at?.pos ?? 0),
      parks,
      parked: parked.get(name) ?? 0,
      neverRebuilt: 'never' in rebuilding ? rebuilding.never : null,
      job: this.jobs.of(name),
    };
  }

  private async headOf(source: LogService, from: number): Promise<number | null> {
    if (source === this.log.service) return this.log.head();
    // A service that does not answer is a figure that is not known.
    return headOf(this.rpc, source, from).catch(() => null);
  }
}
