import type { Requester, RouteName, RouteRequest } from '@ganglion/contracts';
import type { Answer, AuthUnderTest } from '../auth.fixture.js';

type Body = Record<string, unknown>;

/** What a client shows to confirm something with its user's password. */
export const byPassword = (user: string, password: string, session?: unknown): Body => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user },
  password,
  ...(session === undefined ? {} : { session }),
});

/** Asks for something without confirming it. @returns the id of the session that has begun */
export async function begun(
  auth: AuthUnderTest,
  name: RouteName,
  request: Partial<RouteRequest> & { requester: Requester },
): Promise<string> {
  const asked = await auth.call(name, request);
  if (asked.status !== 401) throw new Error(`not asked for more: ${JSON.stringify(asked)}`);
  return asked.body['session'] as string;
}

/** A request that confirms itself at once. */
export function confirmed(
  auth: AuthUnderTest,
  name: RouteName,
  request: Partial<RouteRequest> & { requester: Requester },
  password: string,
): Promise<Answer> {
  const body = { ...(request.body as Body | null), auth: byPassword(request.requester.userId, password) };
  return auth.call(name, { ...request, body });
}
