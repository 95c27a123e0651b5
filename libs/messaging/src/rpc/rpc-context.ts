import type { LogPosition, Requester } from '@ganglion/contracts';
import { BaseRpcContext } from '@nestjs/microservices';
import type { Clock } from '@ganglion/kernel';
import type { TraceSpan } from '@ganglion/observability';
import type { CallHeaders } from '../wire/call-headers.js';
import { busRefusals } from '../wire/errors.js';
import type { Due } from '../wire/sweep.js';
import type { CurrentCall } from './current-call.js';

/** One accepted request; handlers take it with `@Ctx()`. */
export class RpcContext extends BaseRpcContext<[CallHeaders, string]> implements CurrentCall, Due {
  readonly requestId: string;
  readonly traceparent: string | undefined;
  readonly minPos: LogPosition | undefined;
  readonly principal: Requester | undefined;
  /** Deadline by the monotonic clock. */
  dueMs: number;
  /** This request in the trace of its caller; null where there is none. */
  span: TraceSpan | null = null;
  private abort: AbortController | null = null;
  private late = false;

  constructor(
    headers: CallHeaders,
    /** Without the deployment's prefix: `cmd.rooms.7`. */
    readonly subject: string,
    private readonly clock: Clock,
    private readonly whenLate: (context: RpcContext) => void,
  ) {
    super([headers, subject]);
    ({
      requestId: this.requestId,
      traceparent: this.traceparent,
      minPos: this.minPos,
      principal: this.principal,
    } = headers);
    this.dueMs = clock.monotonicMs() + headers.budgetMs;
  }

  remainingMs(): number {
    return this.dueMs - this.clock.monotonicMs();
  }

  /** Made when first asked for: most handlers never look. */
  get signal(): AbortSignal {
    this.abort ??= new AbortController();
    if (this.late) this.abort.abort(busRefusals.tooLate());
    return this.abort.signal;
  }

  due(): void {
    this.late = true;
    this.abort?.abort(busRefusals.tooLate());
    this.whenLate(this);
  }
}
