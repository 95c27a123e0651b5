import type { Requester, RouteRequest } from '@ganglion/contracts';

/** Somebody who asks, as the gateway would have resolved them. */
export function requester(userId: string, changes: Partial<Requester> = {}): Requester {
  return {
    userId,
    authenticatedEntity: userId,
    accessTokenId: 'token-1',
    deviceId: 'DEVICE',
    isGuest: false,
    isAdmin: false,
    shadowBanned: false,
    suspended: false,
    appServiceId: null,
    scope: [],
    seen: { auth: 0, moderation: 0 },
    ...changes,
  };
}

/** A request as the gateway forwards it. */
export function routeRequest(changes: Partial<RouteRequest> = {}): RouteRequest {
  return { params: {}, query: {}, body: null, requester: null, clientIp: '192.0.2.1', userAgent: 'test', ...changes };
}
