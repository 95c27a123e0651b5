import type { MatrixErrorBody } from '@ganglion/contracts';
import { Refusal } from '@ganglion/kernel';
import { errorBodyOf, RemoteError, statusOf } from '@ganglion/messaging';
import type { Answer } from './answer.js';

const INTERNAL: MatrixErrorBody = { errcode: 'M_UNKNOWN', error: 'Internal server error' };

export interface ErrorAnswer extends Answer {
  /** Nobody meant this to happen: log it. */
  isBug: boolean;
  errcode: string;
}

/** What a client is told of something thrown. Of what nobody meant to throw: nothing, here or in another service. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof Refusal) return render(statusOf(error.kind), errorBodyOf(error));
  if (error instanceof RemoteError && error.status !== 500) return render(error.status, error.body);
  return { ...render(500, INTERNAL), isBug: !(error instanceof RemoteError) };
}

function render(status: number, body: MatrixErrorBody): ErrorAnswer {
  const waitMs = body.retry_after_ms;
  const answer = { status, body: JSON.stringify(body), isBug: false, errcode: body.errcode };
  if (typeof waitMs !== 'number') return answer;
  return { ...answer, headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1_000))) } };
}
