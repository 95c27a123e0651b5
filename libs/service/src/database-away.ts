import { isDatabaseAway } from '@ganglion/event-store';
import { Refusal } from '@ganglion/kernel';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { catchError, throwError, type Observable } from 'rxjs';

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
