import type { ServiceDefinition } from '@ganglion/service';
import { ModerationModule } from './app.module.js';
import { ModerationReadModels1700000001000 } from './migrations/1700000001000-moderation-read-models.js';
import { publicEvent } from './public-event.js';

export const moderationService: ServiceDefinition = {
  name: 'moderation',
  module: ModerationModule,
  log: {
    types: { 'user.shadow_banned': { v: 1 }, 'user.shadow_ban_lifted': { v: 1 } },
    migrations: [ModerationReadModels1700000001000],
    publicEvent,
    fenced: true,
  },
};
