import type { ServiceName } from '@ganglion/contracts';
import { VSHARDS, type Clock } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { messageOf, type Bus, type BusMessage, type Subscription } from '../bus/bus.js';
import type { CallHeaders } from '../wire/call-headers.js';
import { Endpoint, type CallHandler, type EndpointLoad } from './endpoint.js';
import { checkPatterns } from './patterns.js';
import type { RpcContext } from './rpc-context.js';

/** Whose commands this instance takes. `all`: those of every virtual shard, shared with the other instances. */
export type OwnedShards = 'all' | ReadonlySet<number>;

export interface RpcServerOptions {
  bus: Bus;
  service: ServiceName;
  logger: Logger;
  /** Absent: that of the bus. */
  clock?: Clock;
  /** Requests handled at once, per subject; 256. */
  maxConcurrent?: number;
  /** Requests that wait for that, per subject; 256. Further ones are refused at once with 429. */
  maxQueued?: number;
  vshards?: OwnedShards;
  /** The process is behind with everything: questions and commands are refused at once with 429. Absent: it never is. */
  overloaded?: () => boolean;
}

/**
 * Nest's transport over our bus. Controllers, guards, pipes, interceptors and filters work as with any other; the
 * payload is the JSON body and nothing else, errors keep status and body (with `MatrixRpcFilter` as a global filter).
 * Writes nothing. If it dies half-way callers get 504 at their deadline; `close()` loses none.
 */
export class RpcServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol.for('ganglion.bus');
  private readonly endpoint: Endpoint;
  private readonly fixed: Subscription[] = [];
  private commands = new Map<string, Subscription>();
  private owned: OwnedShards;
  private listening = false;
  private closing: Promise<void> | null = null;

  constructor(private readonly options: RpcServerOptions) {
    super();
    const { bus, clock, logger, maxConcurrent, maxQueued, overloaded } = options;
    this.owned = options.vshards ?? 'all';
    this.endpoint = new Endpoint({
      bus,
      clock,
      maxConcurrent,
      maxQueued,
      overloaded,
      onBug: (err, { requestId, subject }) => logger.error({ err, reqId: requestId, subject }, 'a handler failed'),
      onLate: ({ requestId, subject }) =>
        logger.warn({ reqId: requestId, subject }, 'a handler is still running after its deadline'),
    });
  }

  /** Called by Nest. Calls back once the server has the subscriptions, so whoever is told "ready" gets an answer. */
  listen(callback: (error?: unknown) => void): void {
    this.start().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Takes other virtual shards' commands from now on. Resolves when those given away are no longer delivered here. */
  async setOwnedShards(owned: OwnedShards): Promise<void> {
    this.owned = owned;
    if (!this.listening || this.closing) return;
    const wanted = new Set(this.commandSubjects());
    for (const subject of wanted)
      if (!this.commands.has(subject)) this.commands.set(subject, this.take(subject, 'cmd'));
    const given = [...this.commands].filter(([subject]) => !wanted.has(subject));
    for (const [subject] of given) this.commands.delete(subject);
    await Promise.all(given.map(([, subscription]) => subscription.drain()));
    await this.flush();
  }

  load(): EndpointLoad {
    return this.endpoint.load();
  }

  /** Takes no more, answers everything it has taken, and only then resolves. Nest waits for it in `app.close()`. */
  close(): Promise<void> {
    this.closing ??= this.drain();
    return this.closing;
  }

  on(): never {
    throw new Error('this transport has no events of its own; ask the bus');
  }

  unwrap<T>(): T {
    return this.options.bus as T;
  }

  private async start(): Promise<void> {
    checkPatterns(this.messageHandlers);
    const { service } = this.options;
    this.fixed.push(this.take(`qry.${service}.>`, 'qry'));
    this.fixed.push(this.options.bus.subscribe(`each.${service}.>`, (message) => this.received('each', message)));
    this.listening = true;
    for (const subject of this.commandSubjects()) this.commands.set(subject, this.take(subject, 'cmd'));
    await this.flush();
  }

  private async drain(): Promise<void> {
    const subscriptions = [...this.fixed, ...this.commands.values()];
    await Promise.all(subscriptions.map((subscription) => subscription.drain()));
    await this.endpoint.drained();
    await this.flush();
  }

  /** A server that is away gets the subscriptions again when it is back, so that is no failure. */
  private async flush(): Promise<void> {
    const { bus } = this.options;
    if (!bus.connected) return;
    try {
      await bus.flush();
    } catch (error) {
      bus.report({ problem: 'disconnected', message: `while starting or stopping to serve: ${messageOf(error)}` });
    }
  }

  private commandSubjects(): string[] {
    const { service } = this.options;
    if (this.owned === 'all') return [`cmd.${service}.*`];
    return [...this.owned].map((vshard) => `cmd.${service}.${vshard}`);
  }

  /** In one group with the other instances: a shard that two hold during a hand-over is still served once. */
  private take(subject: string, kind: 'cmd' | 'qry'): Subscription {
    const { bus, service } = this.options;
    return bus.subscribe(subject, (message) => this.received(kind, message), { queue: service });
  }

  private received(kind: 'cmd' | 'qry' | 'each', message: BusMessage): void {
    const subject = this.options.bus.local(message.subject);
    // After `<kind>.<service>.`: the shard of a command, else the name.
    const rest = subject.slice(kind.length + this.options.service.length + 2);
    const handlerOf = (call: CallHeaders) => this.handlerOf(kind, rest, call);
    this.endpoint.accept(message, subject, handlerOf, { always: kind === 'each' });
  }

  private handlerOf(kind: string, rest: string, { operation }: CallHeaders): CallHandler | null {
    if (kind === 'cmd' && !isShard(rest)) return null;
    const handler = this.messageHandlers.get(`${kind}:${kind === 'cmd' ? operation : rest}`);
    return handler ? (payload, context) => this.run(handler, payload, context) : null;
  }

  private run(handler: MessageHandler, payload: unknown, context: RpcContext): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const work = () => settle(handler, payload, context).then(resolve, reject);
      const ended = () => this.onProcessingEndHook?.(this.transportId, context);
      this.onProcessingStartHook(this.transportId, context, () => work().finally(ended));
    });
  }
}

/** Handlers give a value, a promise of one, or (interceptors, filters) a stream whose last value is the answer. */
async function settle(handler: MessageHandler, payload: unknown, context: RpcContext): Promise<unknown> {
  const result = (await handler(payload, context)) as unknown;
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

function isShard(text: string): boolean {
  return /^\d{1,2}$/.test(text) && Number(text) < VSHARDS;
}
