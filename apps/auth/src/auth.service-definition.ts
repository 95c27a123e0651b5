import type { ServiceDefinition } from '@ganglion/service';
import { authEventTypes } from './auth.event-types.js';
import { AuthModule } from './auth.module.js';
import { AuthReadModels1700000001000 } from './migrations/1700000001000-auth-read-models.js';
import { AuthAccountLifecycle1700000002000 } from './migrations/1700000002000-auth-account-lifecycle.js';
import { publicEvent } from './public-event.js';

export const authService: ServiceDefinition = {
  name: 'auth',
  module: AuthModule,
  log: {
    types: authEventTypes,
    migrations: [AuthReadModels1700000001000, AuthAccountLifecycle1700000002000],
    publicEvent,
    fenced: true,
    sharding: 'spread',
  },
};
