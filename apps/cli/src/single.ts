import { listenerOfParent, startGateway } from '@ganglion/gateway';
import { runMain, startService, type RunningService } from '@ganglion/service';
import { logServices } from './services.js';

/** `--single`: every service in one process, still over NATS and with a database each, so that no short cut can grow. */
const listener = listenerOfParent(process);
await runMain('single', async (overrides) => {
  const definitions = Object.values(logServices);
  const services: RunningService[] = await Promise.all(
    definitions.map((definition) => startService(definition, overrides)),
  );
  return [...services, await startGateway(overrides, listener)];
});
