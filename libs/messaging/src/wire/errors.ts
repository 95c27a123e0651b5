import type { MatrixErrorBody } from '@ganglion/contracts';
import { Refusal, type RefusalKind } from '@ganglion/kernel';

/** Kind of a refusal → HTTP status and the errcode where the refusal names none. The only such table. */
const KINDS: Record<RefusalKind, { status: number; errcode: string; retryAfterMs?: number }> = {
  invalid: { status: 400, errcode: 'M_INVALID_PARAM' },
  unauthenticated: { status: 401, errcode: 'M_UNKNOWN_TOKEN' },
  forbidden: { status: 403, errcode: 'M_FORBIDDEN' },
  'not-found': { status: 404, errcode: 'M_NOT_FOUND' },
  'wrong-method': { status: 405, errcode: 'M_UNRECOGNIZED' },
  conflict: { status: 409, errcode: 'M_UNKNOWN' },
  'too-large': { status: 413, errcode: 'M_TOO_LARGE' },
  limited: { status: 429, errcode: 'M_LIMIT_EXCEEDED', retryAfterMs: 1_000 },
  unavailable: { status: 503, errcode: 'M_UNKNOWN', retryAfterMs: 1_000 },
  timeout: { status: 504, errcode: 'M_UNKNOWN' },
};

/** HTTP status of a refusal. */
export function statusOf(kind: RefusalKind): number {
  return KINDS[kind].status;
}

/** Body of a refusal as the client reads it; `retry_after_ms` is always there where waiting helps. */
export function errorBodyOf({ kind, errcode, message, details }: Refusal): MatrixErrorBody {
  const { errcode: usual, retryAfterMs } = KINDS[kind];
  return {
    errcode: errcode ?? usual,
    error: message,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    ...details,
  };
}

/** What another service answered instead of a result, or what the bus says when there is no answer. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  constructor(
    /** HTTP status. */
    readonly status: number,
    readonly body: MatrixErrorBody,
  ) {
    super(`${status} ${body.errcode}: ${body.error}`);
  }
}

/** NATS itself says that nobody listens on a subject. */
export class NoResponders extends Error {
  override readonly name = 'NoResponders';
  constructor(readonly subject: string) {
    super(`nobody listens on ${subject}`);
  }
}

const refusal = (kind: RefusalKind, message: string, errcode?: string) => new Refusal('BUS', kind, message, errcode);
const remote = (error: Refusal) => new RemoteError(statusOf(error.kind), errorBodyOf(error));

/** What the bus itself refuses with, on the side that serves. */
export const busRefusals = {
  overloaded: () => refusal('limited', 'Too many requests'),
  tooLate: () => refusal('timeout', 'The time for this request is over'),
  unknownOperation: () => refusal('not-found', 'Unrecognized request', 'M_UNRECOGNIZED'),
  notJson: () => refusal('invalid', 'Content not JSON', 'M_NOT_JSON'),
  tooLarge: () => refusal('too-large', 'The content is too large'),
  noRoom: () => refusal('unavailable', 'Too many large requests at once'),
};

/** What a caller gets when there is no answer. */
export const busErrors = {
  nobodyThere: () => remote(refusal('unavailable', 'The service is not available')),
  noAnswer: () => remote(refusal('timeout', 'The service did not answer in time')),
  closed: () => remote(refusal('unavailable', 'This process is stopping')),
  tooLarge: () => remote(busRefusals.tooLarge()),
};
