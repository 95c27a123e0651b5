import { Refusal } from '@ganglion/kernel';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { catchError, throwError, type Observable } from 'rxjs';

/** Connection exceptions, a server that is starting or stopping, one without disk, memory or free connections. */
const AWAY_CLASSES = /^(08|57P|53)/;
const AWAY_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
/** What `pg` says, without a code, of a connection that is gone or cannot be had. */
const AWAY_WORDS =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/** The database cannot be asked now; the statement is not at fault. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (error instanceof DatabaseError) return AWAY_CLASSES.test(code ?? '');
  return AWAY_CODES.has(code ?? '') || AWAY_WORDS.test(error.message);
}

/** Whoever asks while the database is away is told to come again (503), not that there is a bug (500). */
@Injectable()
export class DatabaseAwayInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => whatToSay(error))));
  }
}

function whatToSay(error: unknown): unknown {
  if (!isDatabaseAway(error)) return error;
  const details = { retry_after_ms: 1_000 };
  return new Refusal('DATABASE_AWAY', 'unavailable', 'The database cannot be reached', undefined, details);
}
