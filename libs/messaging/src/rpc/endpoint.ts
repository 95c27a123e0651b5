import { headers as names } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import { within } from '@ganglion/observability';
import type { MsgHdrs } from '@nats-io/nats-core';
import type { Bus, BusMessage } from '../bus/bus.js';
import { MAX_TRANSFER_BYTES } from '../chunks/assembly.js';
import { headersOf, readCall, wire, writeOffer, type CallHeaders } from '../wire/call-headers.js';
import { busRefusals } from '../wire/errors.js';
import { Sweep } from '../wire/sweep.js';
import { wireErrorOf } from '../wire/wire-error.js';
import { callRefused, serverSpan } from './call-spans.js';
import { runInCall } from './current-call.js';
import { Gate } from './gate.js';
import { RpcContext } from './rpc-context.js';

export type CallHandler = (payload: unknown, context: RpcContext) => Promise<unknown>;

export interface EndpointOptions {
  bus: Bus;
  /** Absent: that of the bus. */
  clock?: Clock;
  /** Hears of every handler that failed for no reason it meant. */
  onBug: (error: unknown, context: RpcContext) => void;
  /** Hears of a handler that still runs when its caller has given up. */
  onLate?: (context: RpcContext) => void;
  /** Requests handled at once, per subject. */
  maxConcurrent?: number;
  /** Requests that wait for that, per subject; further ones are refused at once. */
  maxQueued?: number;
  /** The process is behind with everything: whoever waits for an answer is refused at once. */
  overloaded?: () => boolean;
}

export interface EndpointLoad {
  inFlight: number;
  queued: number;
  /** For want of room or of time, since the start. */
  refused: number;
  /** Not started, or not ended, before their caller gave up, since the start. */
  late: number;
}

const NOTHING = new Uint8Array(0);

/**
 * Answers requests: reads them, keeps to their deadline, bounds how many run at once, and answers with a result or with an
 * error of status and body. Who takes a request in answers it; nobody waits longer than the caller's own budget.
 */
export class Endpoint {
  private readonly bus: Bus;
  private readonly clock: Clock;
  private readonly gates = new Map<string, Gate>();
  private readonly inFlight = new Set<RpcContext>();
  private readonly sweep: Sweep;
  private readonly idle: (() => void)[] = [];
  private overloads = 0;
  private tooLate = 0;

  constructor(private readonly options: EndpointOptions) {
    this.bus = options.bus;
    this.clock = options.clock ?? this.bus.clock;
    this.sweep = new Sweep(this.clock);
  }

  /**
   * @param subject  as the handler should see it; what the bound on concurrency counts by
   * @param handlerOf  null: there is no such operation
   * @param always  taken in however much there is to do: health and figures
   */
  accept(
    message: BusMessage,
    subject: string,
    handlerOf: (call: CallHeaders) => CallHandler | null,
    { always = false } = {},
  ): void {
    const call = readCall(message.headers);
    const context = new RpcContext(call, subject, this.clock, (late) => this.givenUp(late));
    const handler = handlerOf(call);
    if (!handler) return this.refuse(message, context, busRefusals.unknownOperation());
    context.span = serverSpan(call, subject);
    this.inFlight.add(context);
    this.sweep.add(context);
    const gate = this.gateOf(subject);
    const work = () => void this.handle(message, call, context, handler).finally(() => gate.leave());
    // Whose turn it is is found out by whoever has just ended, and runs in what that one was part of.
    if (this.mayTake(message, always) && gate.enter(() => within(context.span, work))) return;
    this.overloads++;
    this.refuse(message, context, busRefusals.overloaded());
    this.done(context);
  }

  /** Who waits for no answer cannot come again, and is not turned away for that. */
  private mayTake({ reply }: BusMessage, always: boolean): boolean {
    return always || !reply || !this.options.overloaded?.();
  }

  load(): EndpointLoad {
    const queued = [...this.gates.values()].reduce((sum, gate) => sum + gate.queued, 0);
    return { inFlight: this.inFlight.size, queued, refused: this.overloads, late: this.tooLate };
  }

  /** Resolves when everything accepted has been answered, or its caller has given up. */
  async drained(): Promise<void> {
    if (this.inFlight.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private async handle(message: BusMessage, call: CallHeaders, context: RpcContext, handler: CallHandler) {
    try {
      if (context.remainingMs() <= 0) throw busRefusals.tooLate();
      // No `await` on the common path before the handler starts: requests of one subject start in their order.
      const payload = call.transfer ? await this.pull(call.transfer, context) : parse(message.data);
      const result = await runInCall(context, () => handler(payload, context));
      await this.answer(message, context, encode(result));
    } catch (error) {
      this.refuse(message, context, error);
    } finally {
      this.done(context);
    }
  }

  private async pull(offer: NonNullable<CallHeaders['transfer']>, context: RpcContext): Promise<unknown> {
    return parse(await this.bus.transfers.receive(offer, context.remainingMs()));
  }

  private async answer(message: BusMessage, context: RpcContext, bytes: Uint8Array): Promise<void> {
    if (!message.reply) return;
    if (!this.bus.transfers.tooLargeForOne(bytes.length)) return this.reply(message, bytes);
    // The caller's request was fine; that its answer cannot travel is our fault.
    if (bytes.length > MAX_TRANSFER_BYTES) throw new Error(`an answer of ${bytes.length} bytes is too large to travel`);
    const { offer, settled } = this.bus.transfers.offer(bytes, context.remainingMs());
    this.reply(message, NOTHING, headersOf({ [wire.transfer]: writeOffer(offer) }));
    await settled;
  }

  private refuse(message: BusMessage, context: RpcContext, error: unknown): void {
    const wireError = wireErrorOf(error, context.requestId);
    const { status, body, bug } = wireError;
    if (context.span) callRefused(context.span, wireError);
    if (bug) this.options.onBug(error, context);
    this.reply(message, JSON.stringify(body), headersOf({ [names.status]: String(status) }));
  }

  private reply(message: BusMessage, data: Uint8Array | string, headers?: MsgHdrs): void {
    if (message.reply && !this.bus.closed) this.bus.publishTo(message.reply, data, headers);
  }

  private givenUp(context: RpcContext): void {
    this.tooLate++;
    this.options.onLate?.(context);
    this.done(context);
  }

  private done(context: RpcContext): void {
    this.sweep.remove(context);
    this.inFlight.delete(context);
    context.span?.end();
    if (this.inFlight.size === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private gateOf(subject: string): Gate {
    let gate = this.gates.get(subject);
    if (!gate) {
      const { maxConcurrent = 256, maxQueued = 256 } = this.options;
      this.gates.set(subject, (gate = new Gate(maxConcurrent, maxQueued)));
    }
    return gate;
  }
}

function encode(value: unknown): Uint8Array {
  return value === undefined ? NOTHING : Buffer.from(JSON.stringify(value));
}

function parse(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  try {
    return JSON.parse(text);
  } catch {
    throw busRefusals.notJson();
  }
}
