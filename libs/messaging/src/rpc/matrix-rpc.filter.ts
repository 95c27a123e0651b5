import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Lets what a handler, guard, pipe or interceptor throws reach `RpcServer` as it is; the server alone turns it into status
 * and body. Without it Nest makes "Internal server error" of everything before the transport sees it. To be registered
 * as a global filter: filters of a class or method come before it, as usual.
 */
@Catch()
export class MatrixRpcFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
