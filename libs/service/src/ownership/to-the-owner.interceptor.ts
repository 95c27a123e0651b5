import type { ServiceName } from '@ganglion/contracts';
import { Fenced } from '@ganglion/event-store';
import { pause, systemTimers } from '@ganglion/kernel';
import { currentCall, RpcClient, type RpcContext } from '@ganglion/messaging';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { catchError, from, throwError, type Observable } from 'rxjs';

/** A virtual shard that comes back to where it was refused is between two owners. */
const BETWEEN_OWNERS_MS = 50;

/**
 * A command that turns out to belong to another process is handed on to it, unchanged, and its answer is the answer. The gateway
 * cannot always know: a login names its account in many ways, and ownership moves. Handlers ask for the owner before they do
 * anything that must not be done twice (`Aggregates.mustOwn`), and an append refused by its epoch has written nothing.
 */
@Injectable()
export class ToTheOwnerInterceptor implements NestInterceptor {
  constructor(private readonly rpc: RpcClient) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        const call = context.switchToRpc().getContext<RpcContext>();
        const command = error instanceof Fenced ? commandOf(call) : null;
        if (!command) return throwError(() => error);
        return from(this.handOn((error as Fenced).vshards[0]!, command, context.switchToRpc().getData()));
      }),
    );
  }

  private async handOn(vshard: number, { service, received, operation }: Command, payload: unknown): Promise<unknown> {
    if (vshard === received)
      await pause(systemTimers, Math.min(BETWEEN_OWNERS_MS, currentCall()?.remainingMs() ?? BETWEEN_OWNERS_MS));
    return this.rpc.command(service, vshard, operation, payload);
  }
}

interface Command {
  service: ServiceName;
  received: number;
  operation: string;
}

function commandOf(call: RpcContext): Command | null {
  const [kind, service, vshard] = call.subject.split('.');
  const { operation } = call.getArgByIndex(0);
  return kind === 'cmd' && operation ? { service: service as ServiceName, received: Number(vshard), operation } : null;
}
