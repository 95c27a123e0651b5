import type { ServiceDefinition } from '@ganglion/service';
import { ModerationModule } from './app.module.js';
import { ModerationReadModels1700000001000 } from './migrations/1700000001000-moderation-read-models.js';
import { ModerationRestrictions1700000002000 } from './migrations/1700000002000-moderation-restrictions.js';
import { moderationEventTypes } from './moderation.event-types.js';
import { publicEvent } from './public-event.js';

export const moderationService: ServiceDefinition = {
  name: 'moderation',
  module: ModerationModule,
  log: {
    types: moderationEventTypes,
    migrations: [ModerationReadModels1700000001000, ModerationRestrictions1700000002000],
    publicEvent,
    fenced: true,
    sharding: 'spread',
  },
};
