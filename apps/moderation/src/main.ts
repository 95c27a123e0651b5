import { runMain, startService } from '@ganglion/service';
import { moderationService } from './moderation.service-definition.js';

await runMain('moderation', (overrides) => startService(moderationService, overrides));
