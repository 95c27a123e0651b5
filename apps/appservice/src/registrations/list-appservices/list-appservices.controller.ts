import { routes, type RouteReply } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import { CLOCK, OnRoute, POOL } from '@ganglion/service';
import { Controller, Inject } from '@nestjs/common';
import type pg from 'pg';
import { laneOverviews } from '../../dispatch/lane-overview.store.js';
import { Registrations } from '../registrations.service.js';
import { appserviceEntry } from './appservice-entry.js';

/** Registrations and the state of their lanes, for operators. The gateway lets server admins through only. */
@Controller()
export class ListAppservicesController {
  constructor(
    private readonly registrations: Registrations,
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @OnRoute(routes.appservices)
  async list(): Promise<RouteReply> {
    const lanes = new Map((await laneOverviews(this.pool)).map((lane) => [lane.asId, lane]));
    const nowMs = this.clock.nowMs();
    // One without a lane has just been removed by another instance.
    const appservices = this.registrations.all().flatMap((registration) => {
      const lane = lanes.get(registration.public.asId);
      return lane ? [appserviceEntry(registration, lane, nowMs)] : [];
    });
    return { body: { appservices, total: appservices.length } };
  }
}
