/** Why an attempt failed (appservice.md §10.1); `internal` is our own fault. */
export type FailureClass =
  | 'bad_body'
  | 'redirect'
  | 'auth'
  | 'unknown_route'
  | 'too_large'
  | 'throttled'
  | 'rejected'
  | 'server_error'
  | 'connect'
  | 'timeout'
  | 'internal';

export interface Failure {
  class: FailureClass;
  /** For operators; no secret, no content. */
  detail: string;
  /** Set when the appservice asked to be left alone for so long. */
  retryAfterMs?: number;
}

/** What came of one attempt to hand over a transaction. */
export type Outcome = { ok: true } | ({ ok: false } & Failure);

/** An answer as far as it was read. */
export interface Answer {
  status: number;
  /** Null: longer than what is read of it. */
  body: string | null;
  retryAfter: string | undefined;
}

/** @param nowMs  wall clock, for a `Retry-After` that is a date */
export function classify({ status, body, retryAfter }: Answer, nowMs: number): Outcome {
  if (status >= 200 && status < 300) {
    if (body !== null && isJsonOrEmpty(body)) return { ok: true };
    const detail = `HTTP ${status} with a body that is ${body === null ? 'too long' : 'not JSON'}: is the URL right?`;
    return { ok: false, class: 'bad_body', detail };
  }
  const detail = `HTTP ${status}`;
  if (status === 401 || status === 403) return { ok: false, class: 'auth', detail: `${detail}: hs_token refused` };
  if (status === 429) {
    return { ok: false, class: 'throttled', detail, retryAfterMs: parseRetryAfter(retryAfter, nowMs) };
  }
  return { ok: false, class: classOf(status), detail };
}

function classOf(status: number): FailureClass {
  if (status < 400) return 'redirect';
  if (status === 404 || status === 405) return 'unknown_route';
  if (status === 413) return 'too_large';
  return status < 500 ? 'rejected' : 'server_error';
}

function isJsonOrEmpty(body: string): boolean {
  if (body.trim() === '') return true;
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

/** Seconds or an HTTP date; 0 when it is neither. */
function parseRetryAfter(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  // oxlint-disable-next-line no-restricted-globals -- reads a text, no clock
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}
