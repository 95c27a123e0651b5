import type { ServiceDefinition } from '@ganglion/service';
import { ReadModel1700000001000 } from './migrations/1700000001000-read-model.js';
import { UserData1700000002000 } from './migrations/1700000002000-user-data.js';
import { RoomsModule } from './rooms.module.js';

/** Rooms, their state, and sync. */
export const roomsService: ServiceDefinition = {
  name: 'rooms',
  module: RoomsModule,
  log: {
    types: { 'event.persisted': { v: 1 }, 'alias.changed': { v: 1 } },
    migrations: [ReadModel1700000001000, UserData1700000002000],
    // What is said in rooms is nobody else's business.
    publicEvent: null,
    fenced: false,
    sharding: 'spread',
  },
};
