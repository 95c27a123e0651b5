import type { MatrixErrorBody } from '@ganglion/contracts';
import { Refusal } from '@ganglion/kernel';
import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { errorBodyOf, RemoteError, statusOf } from './errors.js';

export interface WireError {
  status: number;
  body: MatrixErrorBody;
  /** Nobody meant this to happen; log it with its stack. */
  bug: boolean;
}

/** Errcodes of what Nest's own pipes and guards throw. */
const HTTP_ERRCODES: Record<number, string> = {
  401: 'M_UNKNOWN_TOKEN',
  403: 'M_FORBIDDEN',
  404: 'M_NOT_FOUND',
  405: 'M_UNRECOGNIZED',
  409: 'M_UNKNOWN',
  413: 'M_TOO_LARGE',
  429: 'M_LIMIT_EXCEEDED',
};

/** What Nest throws when a guard answers false. */
const GUARD_SAID_NO = 'Forbidden resource';

/** Key of the request id in the body of a 500, the one thing a client may quote to an operator. */
export const REQUEST_ID_KEY = 'io.ganglion.request_id';

/** What a caller is told of something thrown. Only what was meant for the caller gets out. */
export function wireErrorOf(error: unknown, requestId: string): WireError {
  if (error instanceof Refusal) return { status: statusOf(error.kind), body: errorBodyOf(error), bug: false };
  if (error instanceof RemoteError) return { status: error.status, body: error.body, bug: false };
  if (error instanceof RpcException && error.getError() === GUARD_SAID_NO) return expected(403, 'Forbidden');
  if (error instanceof HttpException && error.getStatus() < 500) return expected(error.getStatus(), error.message);
  const body = { errcode: 'M_UNKNOWN', error: 'Internal server error', [REQUEST_ID_KEY]: requestId };
  return { status: 500, body, bug: true };
}

function expected(status: number, message: string): WireError {
  return { status, body: { errcode: HTTP_ERRCODES[status] ?? 'M_INVALID_PARAM', error: message }, bug: false };
}
