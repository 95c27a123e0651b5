import { runMain, startService } from '@ganglion/service';
import { authService } from './auth.service-definition.js';

await runMain(() => startService(authService));
