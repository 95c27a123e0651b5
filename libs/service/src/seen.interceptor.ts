import type { Requester, RouteRequest } from '@ganglion/contracts';
import { currentCall } from '@ganglion/messaging';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { defer, mergeMap, type Observable } from 'rxjs';
import { Followers } from './followers.js';

/**
 * Read-your-writes across services: the gateway says on which positions of auth and moderation it resolved the
 * requester; the handler runs once this service's own replicas of those logs have got as far.
 */
@Injectable()
export class SeenInterceptor implements NestInterceptor {
  constructor(private readonly followers: Followers) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const data = context.switchToRpc().getData() as (Partial<RouteRequest> & { seen?: Requester['seen'] }) | null;
    const seen = data?.requester?.seen ?? data?.seen;
    if (!seen) return next.handle();
    return defer(() => this.wait(seen)).pipe(mergeMap(() => next.handle()));
  }

  private async wait(seen: { auth: number; moderation: number }): Promise<void> {
    const withinMs = Math.min(currentCall()?.remainingMs() ?? 2_000, 2_000);
    await Promise.all([
      this.followers.reached('auth', seen.auth, withinMs),
      this.followers.reached('moderation', seen.moderation, withinMs),
    ]);
  }
}
