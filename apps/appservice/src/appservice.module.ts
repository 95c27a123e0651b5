import type { Clock } from '@ganglion/kernel';
import type { Registry } from '@ganglion/observability';
import { CLOCK, POOL, REGISTRY } from '@ganglion/service';
import { Module } from '@nestjs/common';
import type pg from 'pg';
import { DispatchFeed } from './dispatch/dispatch-feed.service.js';
import { DispatchMetrics } from './dispatch/dispatch.metrics.js';
import { laneGauges } from './dispatch/lane-gauges.metrics.js';
import { LaneJournal } from './dispatch/lane-journal.service.js';
import { Lanes } from './dispatch/lanes.service.js';
import { Housekeeping } from './housekeeping.service.js';
import { ListAppservicesController } from './registrations/list-appservices/list-appservices.controller.js';
import { Registrations } from './registrations/registrations.service.js';
import { RoomsHead } from './registrations/rooms-head.service.js';
import { SnapshotController } from './registrations/snapshot/snapshot.controller.js';

@Module({
  controllers: [ListAppservicesController, SnapshotController],
  providers: [
    DispatchFeed,
    Housekeeping,
    LaneJournal,
    Lanes,
    Registrations,
    RoomsHead,
    {
      provide: DispatchMetrics,
      useFactory: (registry: Registry, pool: pg.Pool, clock: Clock) => {
        laneGauges(registry, pool, () => clock.nowMs());
        return new DispatchMetrics(registry);
      },
      inject: [REGISTRY, POOL, CLOCK],
    },
  ],
})
export class AppserviceModule {}
