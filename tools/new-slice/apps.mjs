import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The apps that can have a slice: where each names its refusals, and how its tests start it. The gateway has none: what it
 * answers itself is not asked for over the bus.
 */
export const APPS = {
  auth: { errors: 'auth.errors', underTest: { name: 'AuthUnderTest', file: 'auth.fixture' } },
  moderation: { errors: 'moderation.errors' },
  rooms: { errors: 'core/refusals', underTest: { name: 'RoomsUnderTest', file: 'rooms.fixture' } },
  appservice: { errors: 'appservice.errors' },
  accounting: { errors: 'accounting.errors' },
};

/** Path of the app's Nest module. */
export function moduleOf(checkout, app) {
  const own = `apps/${app}/src/${app}.module.ts`;
  return existsSync(join(checkout, own)) ? own : `apps/${app}/src/app.module.ts`;
}
