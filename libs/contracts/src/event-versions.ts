import type { LogService } from './services.js';

/**
 * Newest payload version of an event type that processes of this build can read in another service's log. Types that are not
 * listed have version 1. The same as the owner declares for its log, which a test compares.
 */
export const EVENT_VERSIONS: Record<LogService, Readonly<Record<string, number>>> = {
  auth: {},
  moderation: {},
  rooms: {},
  appservice: {},
  accounting: {},
};

/** Up to which payload version this build reads the type. */
export function readableVersion(service: LogService, type: string): number {
  const versions = EVENT_VERSIONS[service];
  return Object.hasOwn(versions, type) ? versions[type]! : 1;
}
