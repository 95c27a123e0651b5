import { runMain, startService } from '@ganglion/service';
import { authService } from './auth.service-definition.js';

await runMain('auth', (overrides) => startService(authService, overrides));
