import type { MatrixErrorBody } from '@ganglion/contracts';
import type { UserId } from '@ganglion/kernel';

/** Sessions end so long after they began (auth.md §7.1). */
export const UIA_SESSION_MS = 48 * 3_600_000;
/** Letters of a session's id (auth.md §2.2). */
export const UIA_SESSION_ID_LENGTH = 24;

export function isSessionId(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z]{24}$/.test(text);
}

/** User-interactive authentication under way: what a client has shown so far, for one operation. */
export interface UiaSession {
  sessionId: string;
  /** Method, path and query of what it was begun for. */
  operation: string;
  createdAtMs: number;
  /** Stage → what it showed. */
  completed: Readonly<Record<string, unknown>>;
  /** Of the latest request, without `auth` and without passwords. */
  body: Record<string, unknown>;
  /** Of a password that an earlier request named. */
  passwordHash: string | null;
  /**
   * The account this session has set out to make, written down before it is made. It has made it exactly if the account
   * has this credential.
   */
  registering: { userId: UserId; credentialId: string } | null;
}

/** Who has to show that they are who their session says. */
export interface UiaClaimant {
  userId: UserId;
  /** Of the account's password. Null: it has none. */
  credentialId: string | null;
}

export interface UiaStage {
  type: string;
  /** What the stage proves, to be kept in the session. @throws Refusal: the client may try again */
  check(auth: Record<string, unknown>, claimant: UiaClaimant | null): Promise<unknown>;
}

/** Each flow is a set of stages that suffices; any order will do. */
export type UiaFlows = readonly (readonly string[])[];

export function isComplete(flows: UiaFlows, { completed }: UiaSession): boolean {
  return flows.some((stages) => stages.every((stage) => Object.hasOwn(completed, stage)));
}

export function withStage(session: UiaSession, stage: string, result: unknown): UiaSession {
  return { ...session, completed: { ...session.completed, [stage]: result } };
}

/** Is the session of that operation, and not over? */
export function belongsTo(session: UiaSession, operation: string): boolean {
  return session.operation === operation;
}

export function isOver(session: UiaSession, nowMs: number): boolean {
  return nowMs >= session.createdAtMs + UIA_SESSION_MS;
}

/** Body of the 401 that asks for more (auth.md §7.1). `completed` is there once a stage is finished or has failed. */
export function challenge(
  { sessionId, completed }: UiaSession,
  flows: UiaFlows,
  params: Record<string, unknown>,
  failure?: MatrixErrorBody,
): Record<string, unknown> {
  const stages = Object.keys(completed);
  return {
    session: sessionId,
    flows: flows.map((flow) => ({ stages: flow })),
    params,
    ...(stages.length > 0 || failure ? { completed: stages } : {}),
    ...failure,
  };
}

/** Canonical text of method, path and query; the order of query parameters does not matter, nor under which alias it came. */
export function operationOf(
  route: { method: string; paths: readonly string[] },
  { params, query }: { params: Record<string, string>; query: Record<string, string[]> },
): string {
  const sorted = (record: Record<string, unknown>) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([route.method, route.paths[0], sorted(params), sorted(query)]);
}
