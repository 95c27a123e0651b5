import type { PoisonedEvent } from '@ganglion/event-store';
import type { Logger, Registry } from '@ganglion/observability';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type pg from 'pg';
import { Followers } from '../followers.js';
import { LOGGER, POOL, REGISTRY } from '../tokens.js';
import { parkedGauge } from './parked.metrics.js';

/** Lets nobody overlook that something was parked. */
@Injectable()
export class ParkedWatch implements OnApplicationBootstrap {
  constructor(
    private readonly followers: Followers,
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(REGISTRY) private readonly registry: Registry,
  ) {}

  onApplicationBootstrap(): void {
    const projections = this.followers.projections().map(({ projection }) => projection);
    for (const projection of projections) projection.onPoisoned((poisoned) => this.alarm(poisoned));
    const parking = projections.filter(({ parks }) => parks).map(({ name }) => name);
    parkedGauge(this.registry, this.pool, parking);
  }

  private alarm({ reader, event: { pos, type, stream }, error, attempts }: PoisonedEvent): void {
    this.logger.error(
      { err: error, reader, pos, type, stream, attempts },
      'an event was parked: the projection goes on without it and without later events of its stream; see `ganglion projections parked`',
    );
  }
}
