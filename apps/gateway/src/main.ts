import { runMain } from '@ganglion/service';
import { startGateway } from './start-gateway.js';

await runMain(() => startGateway());
