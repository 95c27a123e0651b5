import type { AppserviceEvent } from '@ganglion/contracts';
import type { EventTypes } from '@ganglion/event-store';
import type { ServiceDefinition } from '@ganglion/service';
import { AppserviceModule } from './appservice.module.js';
import { Appservice1700001000000 } from './migrations/1700001000000-appservice.js';
import { publicEvent } from './public-event.js';

/** Every type the appservice log may hold, with its payload version. */
const types = {
  'registration.added': { v: 1 },
  'registration.changed': { v: 1 },
  'registration.removed': { v: 1 },
  'lane.went_down': { v: 1 },
  'lane.recovered': { v: 1 },
} satisfies EventTypes & Record<AppserviceEvent['type'], { v: number }>;

export const appserviceService: ServiceDefinition = {
  name: 'appservice',
  module: AppserviceModule,
  // The fan-out must see events in order, and a lane is one queue: both are the leader's.
  log: { types, migrations: [Appservice1700001000000], publicEvent, fenced: false, sharding: 'leader' },
};
