import { accountingConfig, appserviceConfig, authConfig, moderationConfig, roomsConfig } from './apps.js';
import { observabilityConfig } from './observability.js';
import { fenceConfig, gatewayConfig, natsConfig, postgresConfig, serverConfig } from './server.js';

/** Every section of `ganglion.yaml`, in the order of the reference page. */
export const sections = [
  serverConfig,
  postgresConfig,
  natsConfig,
  fenceConfig,
  observabilityConfig,
  gatewayConfig,
  authConfig,
  moderationConfig,
  roomsConfig,
  appserviceConfig,
  accountingConfig,
] as const;
