import { runMain, startService } from '@ganglion/service';
import { accountingService } from './accounting.service-definition.js';

await runMain('accounting', (overrides) => startService(accountingService, overrides));
