import type { Clock } from '@ganglion/kernel';
import type { Registry } from '@ganglion/observability';
import { CLOCK, POOL, REGISTRY } from '@ganglion/service';
import { Module } from '@nestjs/common';
import type pg from 'pg';
import { Appservices } from './dispatch/appservices.service.js';
import { DispatchFeed } from './dispatch/dispatch-feed.service.js';
import { DispatchMetrics } from './dispatch/dispatch.metrics.js';
import { LaneFactory } from './dispatch/lane-factory.service.js';
import { laneGauges } from './dispatch/lane-gauges.metrics.js';
import { LaneJournal } from './dispatch/lane-journal.service.js';
import { LaneStore } from './dispatch/lane.store.js';
import { Lanes } from './dispatch/lanes.service.js';
import { Housekeeping } from './housekeeping.service.js';
import { ListAppservicesController } from './registrations/list-appservices/list-appservices.controller.js';
import { RegistrationFiles } from './registrations/registration-files.service.js';
import { RegistrationLog } from './registrations/registration-log.service.js';
import { RegistrationStore } from './registrations/registration.store.js';
import { RegistrationsProjection } from './registrations/registrations.projection.js';
import { Registrations } from './registrations/registrations.service.js';
import { RoomsHead } from './registrations/rooms-head.service.js';
import { SnapshotController } from './registrations/snapshot/snapshot.controller.js';

@Module({
  controllers: [ListAppservicesController, SnapshotController],
  providers: [
    Appservices,
    DispatchFeed,
    Housekeeping,
    LaneFactory,
    LaneJournal,
    LaneStore,
    Lanes,
    RegistrationFiles,
    RegistrationLog,
    RegistrationStore,
    Registrations,
    RegistrationsProjection,
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
