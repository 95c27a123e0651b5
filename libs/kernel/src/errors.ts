/** What kind of "no" a refusal is. The edge turns it into an HTTP status, once. */
export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'wrong-method'
  | 'conflict'
  | 'too-large'
  | 'limited'
  | 'unavailable'
  | 'timeout';

export interface RefusalEntry {
  kind: RefusalKind;
  message: string;
  /** Matrix errcode; where absent the edge picks the one that goes with the kind. */
  errcode?: string;
}

/**
 * The caller may not. Expected, safe to show, never logged as an error.
 * `details` are extra body fields that a client may read (`soft_logout`, `retry_after_ms`, …).
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: string,
    readonly kind: RefusalKind,
    message: string,
    readonly errcode?: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** An app's table of refusals. The result makes one: `throw refuse('REPORT_NOT_FOUND', { … })`. */
export function defineErrors<Code extends string>(table: Record<Code, RefusalEntry>) {
  return (code: Code, details: Record<string, unknown> = {}, message?: string): Refusal => {
    const entry = table[code];
    return new Refusal(code, entry.kind, message ?? entry.message, entry.errcode, details);
  };
}
