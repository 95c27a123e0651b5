import { runMain } from '@ganglion/service';
import { listenerOfParent } from './edge/client-listener.http.js';
import { startGateway } from './start-gateway.js';

const listener = listenerOfParent(process);
await runMain('gateway', (overrides) => startGateway(overrides, listener));
