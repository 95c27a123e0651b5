import { runMain, startService, type RunningService } from '@ganglion/service';
import { accountingService } from '@ganglion/accounting';
import { appserviceService } from '@ganglion/appservice';
import { authService } from '@ganglion/auth';
import { startGateway } from '@ganglion/gateway';
import { moderationService } from '@ganglion/moderation';
import { roomsService } from '@ganglion/rooms';

/** `--single`: every service in one process, still over NATS and with a database each, so that no short cut can grow. */
await runMain(async () => {
  const definitions = [authService, moderationService, roomsService, appserviceService, accountingService];
  const services: RunningService[] = await Promise.all(definitions.map((definition) => startService(definition)));
  return [...services, await startGateway()];
});
