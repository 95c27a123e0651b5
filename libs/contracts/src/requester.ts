import type { LogPosition } from './stored-event.js';

/** Who asks, as resolved by the gateway (auth.md §2.1). Travels with each forwarded request. */
export interface Requester {
  /** Effective user. */
  userId: string;
  /** Who proved an identity: the user, the owner of a puppet token, or the server name. */
  authenticatedEntity: string;
  /** Null for appservices and guests. */
  accessTokenId: string | null;
  deviceId: string | null;
  isGuest: boolean;
  isAdmin: boolean;
  shadowBanned: boolean;
  suspended: boolean;
  /** Set exactly for requests with an appservice token. */
  appServiceId: string | null;
  scope: string[];
  /** Positions of the replicas that this was decided on; owners wait until they have seen as much. */
  seen: { auth: number; moderation: number };
}

/** A client's request as the gateway forwards it to the owner of the route. */
export interface RouteRequest<Body = unknown> {
  /** Percent-decoded path parameters. */
  params: Record<string, string>;
  /** All values of each query parameter, in order; never `access_token`. */
  query: Record<string, string[]>;
  /** Parsed JSON (an object, or null where the route takes none). */
  body: Body;
  /** Null only on routes without authentication, and on `ifPresent: 'pass'` routes without a good token. */
  requester: Requester | null;
  /** On `ifPresent: 'pass'` routes: a token was presented and this is what it would have been refused with. */
  tokenProblem?: { status: number; body: MatrixErrorBody };
  /** Null when the peer's address is unknown. */
  clientIp: string | null;
  userAgent: string;
}

/** What the owner answers; refusals travel as errors. */
export interface RouteReply {
  /** 200 where absent. */
  status?: number;
  body: unknown;
  /** What was written, if anything: the same user's next reads ask for a state that is at least as new (`min-pos`). */
  wrote?: LogPosition;
}

/** A Matrix error as it crosses the bus and reaches the client. */
export interface MatrixErrorBody {
  errcode: string;
  error: string;
  retry_after_ms?: number;
  soft_logout?: boolean;
  [key: string]: unknown;
}
