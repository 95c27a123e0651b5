import type { Requester, Sighting } from '@ganglion/contracts';
import type { RequestFacts, ResolveOptions } from './resolve.types.js';

/** A proxy that asks for others; what it sends is not the user's. */
const NOT_A_CLIENT = 'sync-v3-proxy-';
const NONE: readonly Sighting[] = [];

/** Auth.md §4.8: who is recorded for a request that passed the state checks. */
export function sightingsOf(
  requester: Requester,
  tokenRef: string,
  { clientIp, userAgent }: Pick<RequestFacts, 'clientIp' | 'userAgent'>,
  options: Pick<ResolveOptions, 'trackAppserviceUserIps' | 'trackPuppetedUserIps'>,
  tsMs: number,
): readonly Sighting[] {
  if (clientIp === null || userAgent === NOT_A_CLIENT) return NONE;
  const { userId, authenticatedEntity, appServiceId, deviceId } = requester;
  const seen = { userId: authenticatedEntity, tokenRef, ip: clientIp, userAgent, deviceId, tsMs, mauRelevant: true };
  if (appServiceId !== null) {
    return options.trackAppserviceUserIps ? [{ ...seen, userId, deviceId: deviceId ?? 'dummy-device' }] : NONE;
  }
  if (userId !== authenticatedEntity && options.trackPuppetedUserIps) return [seen, { ...seen, userId }];
  return [seen];
}
