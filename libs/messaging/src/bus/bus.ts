import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { Msg, MsgHdrs, NatsConnection, Status } from '@nats-io/nats-core';
import { createInbox, NoRespondersError, RequestError } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock, systemTimers, type Clock, type Timers } from '@ganglion/kernel';
import { Transfers } from '../chunks/transfers.js';
import { NoResponders } from '../wire/errors.js';
import { parseBusUrl } from './bus-url.js';

/** Something an operator may want to know; never a reason to stop. Holds no secret. */
export interface BusProblem {
  problem: 'waiting' | 'disconnected' | 'reconnected' | 'refused' | 'closed' | 'handler' | 'streams' | 'frames';
  message: string;
}

export interface BusOptions {
  /** `nats://user:password@host:4222`, several with commas. */
  url: string;
  /** Name of the deployment; stands before every subject and stream. Empty or absent: none. */
  prefix?: string;
  /** Shown by NATS's own monitoring. */
  name: string;
  report: (problem: BusProblem) => void;
  clock?: Clock;
  timers?: Timers;
  /** Gives up waiting for the first connection. */
  signal?: AbortSignal;
}

/** A message as it arrives. `subject` carries the deployment's prefix; `Bus.local` removes it. */
export type BusMessage = Msg;

export interface Subscription {
  /** No further messages; those already delivered to this process are still handled before it resolves. */
  drain(): Promise<void>;
  /** Drops what has not been handled. */
  stop(): void;
}

const RECONNECT_EVERY_MS = 250;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** A server that answers no ping for two of these is taken for dead. */
const PING_EVERY_MS = 5_000;

/**
 * One connection to NATS. It outlives every outage: nothing here throws because the server is away, what is published
 * meanwhile is lost (nobody may rely on the bus remembering), subscriptions come back by themselves.
 */
export class Bus {
  readonly prefix: string;
  readonly name: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly report: (problem: BusProblem) => void;
  readonly js: JetStreamClient;
  /** Payloads too large for one message. */
  readonly transfers: Transfers;
  private up = true;
  private closing: Promise<void> | null = null;
  private readonly onUp = new Set<() => void>();
  private readonly onDown = new Set<() => void>();
  private readonly onEnd = new Set<() => void>();

  private constructor(
    options: BusOptions,
    private readonly connection: NatsConnection,
  ) {
    this.prefix = options.prefix ? `${options.prefix}.` : '';
    this.name = options.name;
    this.clock = options.clock ?? systemClock;
    this.timers = options.timers ?? systemTimers;
    this.report = options.report;
    this.js = jetstream(connection, { timeout: 5_000 });
    this.transfers = new Transfers(this);
    void this.watch();
  }

  /** Waits for the server as long as it takes. @throws Error when the URL is none, or `signal` fires */
  static async connect(options: BusOptions): Promise<Bus> {
    const { tls, ...target } = parseBusUrl(options.url);
    for (let attempt = 0; ; attempt++) {
      options.signal?.throwIfAborted();
      try {
        const connection = await connect({
          ...target,
          ...(tls ? { tls: {} } : {}),
          name: options.name,
          timeout: 5_000,
          reconnect: true,
          maxReconnectAttempts: -1,
          reconnectTimeWait: RECONNECT_EVERY_MS,
          reconnectJitter: 100,
          pingInterval: PING_EVERY_MS,
          maxPingOut: 2,
          // Rotated credentials may come right again; giving up would need a restart of everything.
          ignoreAuthErrorAbort: true,
          noAsyncTraces: true,
        });
        return new Bus(options, connection);
      } catch (error) {
        // The first failure and then ever more rarely: 1st, 2nd, 4th, 8th attempt…
        if (((attempt + 1) & attempt) === 0) {
          options.report({ problem: 'waiting', message: `NATS is not there yet: ${messageOf(error)}` });
        }
        await delay(Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS), undefined, { signal: options.signal });
      }
    }
  }

  get connected(): boolean {
    return this.up;
  }

  get closed(): boolean {
    return this.connection.isClosed();
  }

  /** Most bytes the server takes in one message, headers included. */
  get maxMessageBytes(): number {
    return this.connection.info?.max_payload ?? 1_048_576;
  }

  /** @returns ends it */
  onReconnect(listener: () => void): () => void {
    return add(this.onUp, listener);
  }

  /** @returns ends it */
  onDisconnect(listener: () => void): () => void {
    return add(this.onDown, listener);
  }

  /** Called once, when the connection has ended for good. @returns ends it */
  onClose(listener: () => void): () => void {
    return add(this.onEnd, listener);
  }

  /** A subject of `contracts/subjects.ts` as NATS sees it. */
  subject(local: string): string {
    return this.prefix + local;
  }

  /** The reverse of `subject`. */
  local(subject: string): string {
    return subject.slice(this.prefix.length);
  }

  publish(subject: string, data: Uint8Array | string, headers?: MsgHdrs, reply?: string): void {
    this.publishTo(this.subject(subject), data, headers, reply);
  }

  /** To a subject that already is as NATS sees it: a reply, an inbox. */
  publishTo(subject: string, data: Uint8Array | string, headers?: MsgHdrs, reply?: string): void {
    this.connection.publish(subject, data, { headers, reply });
  }

  publishJson(subject: string, body: unknown): void {
    this.publish(subject, JSON.stringify(body));
  }

  /** @param queue  name of the group of which one member gets each message; absent: everybody gets it */
  subscribe(
    subject: string,
    handler: (message: BusMessage) => void | Promise<void>,
    options: { queue?: string } = {},
  ): Subscription {
    return this.subscribeTo(this.subject(subject), handler, options);
  }

  /** As `subscribe`, for an inbox. */
  subscribeTo(
    subject: string,
    handler: (message: BusMessage) => void | Promise<void>,
    options: { queue?: string } = {},
  ): Subscription {
    const failed = (error: unknown) => this.report({ problem: 'handler', message: `${subject}: ${messageOf(error)}` });
    const subscription = this.connection.subscribe(subject, {
      ...options,
      callback: (error, message) => {
        if (error) return failed(error);
        try {
          const done: unknown = handler(message);
          // Handlers that answer "nothing" may give anything: TypeScript lets them.
          if (done instanceof Promise) done.catch(failed);
        } catch (thrown) {
          // It would end the reading of the socket, and with it every other subscription.
          failed(thrown);
        }
      },
    });
    const gone = () => this.connection.isClosed() || subscription.isClosed();
    return {
      drain: async () => {
        if (!gone()) await subscription.drain();
      },
      stop: () => {
        if (!gone()) subscription.unsubscribe();
      },
    };
  }

  /** JSON messages, to everybody who listens. @returns ends it */
  listen(subject: string, handler: (body: unknown) => void): () => void {
    const subscription = this.subscribe(subject, (message) => handler(message.json()));
    return () => subscription.stop();
  }

  /** Answers JSON requests; undefined is no answer, a handler that fails is reported and gives none. @returns ends it */
  serve(subject: string, handler: (body: unknown) => Promise<unknown>): () => void {
    const subscription = this.subscribe(subject, async (message) => {
      const answer = await handler(message.json());
      if (answer !== undefined) message.respond(JSON.stringify(answer));
    });
    return () => subscription.stop();
  }

  /**
   * One plain JSON question, for the machinery itself (fence, health); services use `RpcClient`.
   * @throws NoResponders when NATS says that nobody listens; Error after `timeoutMs`
   */
  async request(subject: string, body: unknown, timeoutMs: number): Promise<unknown> {
    try {
      const reply = await this.connection.request(this.subject(subject), JSON.stringify(body), { timeout: timeoutMs });
      return reply.json();
    } catch (error) {
      if (error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())) {
        throw new NoResponders(subject);
      }
      throw error;
    }
  }

  newInbox(): string {
    return createInbox();
  }

  async jsm(): Promise<JetStreamManager> {
    return await jetstreamManager(this.connection, { checkAPI: false, timeout: 5_000 });
  }

  /** Resolves when the server has everything published so far. @throws Error when the connection breaks meanwhile */
  async flush(): Promise<void> {
    await this.connection.flush();
  }

  /** Sends what is waiting and ends the connection. What is still subscribed just stops. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.up && !this.closed) {
      try {
        await this.flush();
      } catch (error) {
        this.report({ problem: 'closed', message: `the last messages may not have arrived: ${messageOf(error)}` });
      }
    }
    await this.connection.close();
    this.ended();
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) this.changed(status);
    const reason = await this.connection.closed();
    if (this.closing) return;
    this.report({ problem: 'closed', message: `the connection to NATS has ended: ${messageOf(reason)}` });
    this.ended();
  }

  private changed(status: Status): void {
    if (status.type === 'disconnect' && this.up) {
      this.up = false;
      this.report({ problem: 'disconnected', message: `lost NATS at ${status.server}` });
      this.tell(this.onDown);
    } else if (status.type === 'reconnect') {
      this.up = true;
      this.report({ problem: 'reconnected', message: `back at NATS ${status.server}` });
      this.tell(this.onUp);
    } else if (status.type === 'error') {
      this.report({ problem: 'refused', message: status.error.message });
    }
  }

  private ended(): void {
    this.up = false;
    this.tell(this.onEnd);
    this.onEnd.clear();
  }

  private tell(listeners: Set<() => void>): void {
    for (const listener of listeners) {
      try {
        listener();
      } catch (error) {
        this.report({ problem: 'handler', message: `a listener of the connection failed: ${messageOf(error)}` });
      }
    }
  }
}

function add(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
