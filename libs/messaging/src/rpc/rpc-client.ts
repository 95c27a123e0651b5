import { subjects, type LogPosition, type Requester, type ServiceName } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import { tracing, type TraceSpan } from '@ganglion/observability';
import type { Bus, BusMessage } from '../bus/bus.js';
import { DEFAULT_BUDGET_MS, writeCall } from '../wire/call-headers.js';
import { busErrors } from '../wire/errors.js';
import { Sweep } from '../wire/sweep.js';
import { clientSpan, inClientSpan } from './call-spans.js';
import { currentCall } from './current-call.js';
import { OutgoingCall, type Outcome } from './outgoing-call.js';
import { Parcel } from './parcel.js';

export interface CallOptions {
  /** Longest wait for the answer; never more than what the call being answered here has left. */
  budgetMs?: number;
  /** Absent: that of the call being answered here, else a new one. */
  requestId?: string;
  /** The answer must come from a state that has seen this. */
  minPos?: LogPosition;
  principal?: Requester;
  /** Executing it twice is as good as once (queries always are): it is sent again when the connection broke meanwhile. */
  idempotent?: boolean;
  /** Stops waiting; the call may still be executed. The promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

export interface RpcClientOptions {
  bus: Bus;
  clock: Clock;
  /** Where neither the caller nor the current call says how long; 10 s. */
  defaultBudgetMs?: number;
}

type AskOptions = CallOptions & { operation?: string; span?: TraceSpan | null };
interface Pending {
  call: OutgoingCall;
  outcome: Outcome;
}

/**
 * Calls other services. A failure is a `RemoteError`: the refusal of the other side with its status and body, 503 when
 * nobody serves or the bus is away, 504 when there is no answer in time. One subscription for all answers, no timer per call.
 */
export class RpcClient {
  private readonly bus: Bus;
  private readonly clock: Clock;
  private readonly defaultBudgetMs: number;
  private readonly inbox: string;
  private readonly pending = new Map<string, Pending>();
  private readonly sweep: Sweep;
  private lastId = 0;

  constructor({ bus, clock, defaultBudgetMs = DEFAULT_BUDGET_MS }: RpcClientOptions) {
    this.bus = bus;
    this.clock = clock;
    this.defaultBudgetMs = defaultBudgetMs;
    this.inbox = bus.newInbox();
    this.sweep = new Sweep(clock);
    bus.subscribeTo(`${this.inbox}.*`, (message) => this.received(message));
    bus.onReconnect(() => this.forAll(({ call }) => call.reconnected()));
    bus.onClose(() => this.forAll(({ outcome }) => outcome.fail(busErrors.closed())));
  }

  /** Asks the owner of a virtual shard to do something. @throws RemoteError */
  command<T>(service: ServiceName, vshard: number, name: string, body: unknown, options: CallOptions = {}): Promise<T> {
    return this.ask<T>(subjects.command(service, vshard), body, { ...options, operation: name });
  }

  /** Asks any instance of a service. @throws RemoteError */
  query<T>(service: ServiceName, name: string, body: unknown, options: CallOptions = {}): Promise<T> {
    return this.ask<T>(subjects.query(service, name), body, { idempotent: true, ...options });
  }

  /**
   * Asks every instance and takes what has come after `expectMs`; empty when there is none. An instance that refuses is
   * left out: it has logged why.
   * @param enough  an answer after which the others are not waited for
   */
  each<T>(
    service: ServiceName,
    name: string,
    body: unknown,
    { expectMs, enough }: { expectMs: number; enough?: (answer: T) => boolean },
  ): Promise<T[]> {
    const found: T[] = [];
    return new Promise((resolve) => {
      const finish = () => {
        end();
        resolve(found);
      };
      const options = { budgetMs: expectMs, idempotent: true };
      const end = this.open(subjects.each(service, name), body, options, {
        answer: (bytes) => {
          const answer = parse(bytes) as T;
          found.push(answer);
          if (enough?.(answer)) finish();
        },
        fail: () => undefined,
        nobody: finish,
        late: finish,
      });
    });
  }

  /**
   * A command whose answer does not matter. Those of one subject are started in the order of these calls. Lost when
   * nobody is there or the bus is away.
   */
  tell(service: ServiceName, vshard: number, name: string, body: unknown): void {
    if (!this.bus.connected) return;
    const parcel = new Parcel(this.bus, body, DEFAULT_BUDGET_MS);
    const headers = this.headersOf({ operation: name }, parcel, this.newId());
    this.bus.publish(subjects.command(service, vshard), parcel.data, headers(DEFAULT_BUDGET_MS));
  }

  /** A question to a subject of the machinery itself, without the deployment's prefix. @throws RemoteError */
  ask<T>(subject: string, body: unknown, options: AskOptions = {}): Promise<T> {
    const span = clientSpan(subject, options.operation);
    return span
      ? inClientSpan(span, () => this.exchange<T>(subject, body, { ...options, span }))
      : this.exchange<T>(subject, body, options);
  }

  private exchange<T>(subject: string, body: unknown, options: AskOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      signal?.throwIfAborted();
      const settle = (how: () => void) => {
        signal?.removeEventListener('abort', aborted);
        end();
        how();
      };
      const aborted = () => settle(() => reject(signal!.reason));
      const fail = (error: unknown) => settle(() => reject(error));
      const answer = (bytes: Uint8Array) => {
        try {
          const value = parse(bytes) as T;
          settle(() => resolve(value));
        } catch (error) {
          fail(error);
        }
      };
      const end = this.open(subject, body, options, { answer, fail });
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** @returns ends it; whatever comes later is dropped. @throws RemoteError when it cannot even begin */
  private open(subject: string, body: unknown, options: AskOptions, outcome: Outcome): () => void {
    if (this.bus.closed) throw busErrors.closed();
    const leftMs = currentCall()?.remainingMs() ?? Infinity;
    const budgetMs = Math.min(options.budgetMs ?? this.defaultBudgetMs, leftMs);
    if (budgetMs <= 0) throw busErrors.noAnswer();
    const id = this.newId();
    const deadlineMs = this.clock.monotonicMs() + budgetMs;
    const parcel = new Parcel(this.bus, body, budgetMs);
    const call = new OutgoingCall({
      bus: this.bus,
      clock: this.clock,
      subject,
      parcel,
      deadlineMs,
      outcome,
      reply: `${this.inbox}.${id}`,
      headers: this.headersOf(options, parcel, id),
      repeatable: options.idempotent ?? false,
    });
    const end = () => {
      this.pending.delete(id);
      this.sweep.remove(call);
      parcel.discard();
    };
    this.pending.set(id, { call, outcome });
    this.sweep.add(call);
    try {
      call.send();
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  private headersOf({ requestId, span, ...options }: AskOptions, { offer }: Parcel, id: string) {
    const { minPos, principal, operation } = options;
    const current = currentCall();
    const call = {
      requestId: requestId ?? current?.requestId ?? `${this.bus.name}-${id}`,
      traceparent: span?.traceparent ?? tracing()?.current()?.traceparent ?? current?.traceparent,
      transfer: offer,
      minPos,
      principal,
      operation,
    };
    return (budgetMs: number) => writeCall({ ...call, budgetMs });
  }

  private received(message: BusMessage): void {
    this.pending.get(message.subject.slice(this.inbox.length + 1))?.call.received(message);
  }

  private forAll(act: (pending: Pending) => void): void {
    for (const pending of this.pending.values()) act(pending);
  }

  private newId(): string {
    return (++this.lastId).toString(36);
  }
}

function parse(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
}
