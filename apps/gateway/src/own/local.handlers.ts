import type { Config } from '@ganglion/config';
import type { RouteName } from '@ganglion/contracts';
import { text } from '../edge/answer.js';
import type { LocalHandler } from '../edge/client-call.js';
import { capabilities } from './capabilities.js';
import { pushRules, serverVersion, turnServer } from './fixed-answers.js';
import { VERSION } from './version.js';
import { versions } from './versions.js';
import { wellKnownClient } from './well-known.js';
import { whoami } from './whoami.js';

/** Routes that the gateway answers by itself, on the spot. */
export function localHandlers({ server, auth, rooms }: Config): Map<string, LocalHandler> {
  const alive = text('OK');
  const handlers: Partial<Record<RouteName, LocalHandler>> = {
    versions,
    wellKnownClient: wellKnownClient(server.public_baseurl),
    capabilities: capabilities({
      defaultRoomVersion: rooms.default_room_version,
      changePassword: auth.password_config.enabled === true && auth.password_config.localdb_enabled,
    }),
    whoami,
    turnServer,
    pushRules,
    serverVersion: serverVersion(VERSION),
    live: () => alive,
  };
  return new Map(Object.entries(handlers));
}
