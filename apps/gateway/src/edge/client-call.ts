import type { Requester, Route, RouteRequest } from '@ganglion/contracts';
import type { Answer } from './answer.js';
import type { Query } from './query-string.js';

/** A request whose caller is known and whose body has been read. */
export interface ClientCall {
  route: Route;
  params: Record<string, string>;
  query: Query;
  body: Record<string, unknown> | null;
  requester: Requester | null;
  tokenProblem?: RouteRequest['tokenProblem'];
  clientIp: string | null;
  userAgent: string;
  requestId: string;
}

/** Answered on the spot, from what this process knows. */
export type LocalHandler = (call: ClientCall) => Answer;

/** Answered by somebody else, or later. `signal` fires when nobody wants or may have the answer any more. */
export type RemoteHandler = (call: ClientCall, signal: AbortSignal) => Promise<Answer>;
