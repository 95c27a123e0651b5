import { OnCommand, OnQuery } from '@ganglion/messaging';
import type { Requester, Route, RouteRequest } from '@ganglion/contracts';

/** Marks the method that answers a client route of `contracts/routes.ts`; it takes a `RouteRequest`, returns a `RouteReply`. */
export function OnRoute(route: Route): MethodDecorator {
  return route.kind === 'command' ? OnCommand(route.name) : OnQuery(route.name);
}

/** The caller of a route that demands one. The gateway never forwards such a request without. */
export function callerOf({ requester }: RouteRequest): Requester {
  if (!requester) throw new Error('a route that demands a requester was called without one');
  return requester;
}
