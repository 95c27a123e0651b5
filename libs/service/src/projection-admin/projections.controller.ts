import { listParked } from '@ganglion/event-store';
import { OnEach, OnQuery } from '@ganglion/messaging';
import { Controller, Inject } from '@nestjs/common';
import type pg from 'pg';
import { POOL } from '../tokens.js';
import type { ParkedReply, ParkedRequest, ProjectionRequests } from './projection-reports.js';
import { Projections } from './projections.service.js';

type Ask<Name extends keyof ProjectionRequests> = ProjectionRequests[Name]['ask'];
type Answer<Name extends keyof ProjectionRequests> = ProjectionRequests[Name]['answer'];

const MOST_PARKED = 1_000;

/** For `ganglion projections`. Nobody but the operator of the machine can reach these subjects. */
@Controller()
export class ProjectionsController {
  constructor(
    private readonly projections: Projections,
    @Inject(POOL) private readonly pool: pg.Pool,
  ) {}

  @OnEach('projections.list')
  list(): Promise<Answer<'projections.list'>> {
    return this.projections.list();
  }

  @OnEach('projections.rebuild')
  rebuild({ name, replace }: Ask<'projections.rebuild'>): Answer<'projections.rebuild'> {
    return this.projections.rebuild(name, replace);
  }

  @OnEach('projections.retry')
  retry({ name, ...which }: Ask<'projections.retry'>): Answer<'projections.retry'> {
    return this.projections.retry(name, which);
  }

  @OnEach('projections.job')
  job({ id }: Ask<'projections.job'>): Answer<'projections.job'> {
    return this.projections.job(id);
  }

  @OnQuery('projections.parked')
  parked({ name, limit }: ParkedRequest): Promise<ParkedReply> {
    return listParked(this.pool, name, Math.min(limit, MOST_PARKED));
  }
}
