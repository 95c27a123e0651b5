import { runMain, startService } from '@ganglion/service';
import { appserviceService } from './appservice.service-definition.js';

await runMain('appservice', (overrides) => startService(appserviceService, overrides));
