import { NobodyListens, type FenceBus } from '@ganglion/fence';
import type { Clock, Timers } from '@ganglion/kernel';
import type { FrameBus } from '@ganglion/messaging';
import { TimeoutError } from '@nats-io/nats-core';
import type { Life } from '../time/life.js';
import { Link } from './link.js';
import type { Message, NatsServer } from './nats-server.js';
import { SimJetStream } from './sim-jetstream.js';

interface Listening {
  subject: string;
  queue: string | undefined;
  handler: (message: Message) => void;
}

interface Asked {
  resolve: (body: unknown) => void;
  reject: (error: Error) => void;
}

const CONNECT_MS = [0.5, 4] as const;
const RECONNECT_MS = [250, 350] as const;
const LARGEST_BYTES = 512 * 1_024;

/** The bus of one process, as `Bus` is: outlives every outage, and what is published meanwhile is lost. */
export class SimBus implements FenceBus, FrameBus {
  readonly prefix = '';
  readonly clock: Clock;
  readonly timers: Timers;
  readonly transfers = { tooLargeForOne: (sizeBytes: number) => sizeBytes > LARGEST_BYTES };
  readonly js: FrameBus['js'];
  readonly report: FrameBus['report'];
  readonly jetStream: SimJetStream;
  link: Link | null = null;
  /** Nothing gets through between this process and the server. */
  private severed = false;
  private links = 0;
  private lastId = 0;
  private readonly listening = new Map<number, Listening>();
  private readonly asked = new Map<string, Asked>();
  private readonly ups = new Set<() => void>();
  private readonly downs = new Set<() => void>();
  private readonly inbox: string;

  constructor(
    readonly life: Life,
    readonly server: NatsServer,
  ) {
    this.clock = life.clock;
    this.timers = life.timers;
    this.report = () => undefined;
    this.jetStream = new SimJetStream(this);
    this.js = this.jetStream.client();
    this.inbox = `inbox.${life.name}`;
    this.subscribe(this.inbox, ({ body }) => this.answered(body));
    life.atEnd(() => this.link?.close('client'));
  }

  /** Resolves with the first connection. */
  connect(): Promise<void> {
    return new Promise((resolve) => this.dial(CONNECT_MS, resolve));
  }

  get connected(): boolean {
    return this.link !== null;
  }

  sever(): void {
    this.severed = true;
    this.link?.sever();
  }

  mend(): void {
    this.severed = false;
    this.link?.mend();
  }

  /** The connection is reset. */
  break(): void {
    this.link?.close('server');
  }

  subject(local: string): string {
    return local;
  }

  onReconnect(listener: () => void): () => void {
    this.ups.add(listener);
    return () => void this.ups.delete(listener);
  }

  onDisconnect(listener: () => void): () => void {
    this.downs.add(listener);
    return () => void this.downs.delete(listener);
  }

  publish(subject: string, body: unknown): void {
    this.publishJson(subject, body);
  }

  publishJson(subject: string, body: unknown): void {
    const message: Message = { subject, body: JSON.stringify(body) };
    this.send(message);
  }

  listen(subject: string, handler: (body: unknown) => void): () => void {
    return this.subscribe(subject, ({ body }) => handler(JSON.parse(body)));
  }

  /** @param queue  of which one member gets each question */
  serve(subject: string, handler: (body: unknown) => Promise<unknown>, queue?: string): () => void {
    const take = async ({ body, reply }: Message): Promise<void> => {
      try {
        const answer = await handler(JSON.parse(body));
        if (answer === undefined || reply === undefined) return;
        const [inbox, id] = reply.split('#');
        const message: Message = { subject: inbox!, body: JSON.stringify({ id, answer }) };
        this.send(message);
      } catch (error) {
        // As the bus does: a handler that fails answers nothing.
        this.report({ problem: 'handler', message: String(error) });
      }
    };
    return this.subscribe(subject, (message) => void take(message), queue);
  }

  /** @throws NobodyListens; TimeoutError */
  ask(subject: string, body: unknown, timeoutMs: number): Promise<unknown> {
    const id = String(++this.lastId);
    const message: Message = { subject, body: JSON.stringify(body), reply: `${this.inbox}#${id}` };
    return this.exchange(id, timeoutMs, (link) =>
      link.send(() =>
        this.server.route(message, link, () =>
          link.toClient('nobody listens', () => this.fail(id, new NobodyListens(subject))),
        ),
      ),
    );
  }

  /** Something that is asked of the server or through it. @param send  does so; absent link: it is lost */
  exchange(id: string, timeoutMs: number, send: (link: Link) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancel = this.timers.after(timeoutMs, () => this.fail(id, new TimeoutError()));
      this.asked.set(id, {
        resolve: (answer) => {
          cancel();
          resolve(answer);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      });
      if (this.link) send(this.link);
    });
  }

  nextId(): string {
    return String(++this.lastId);
  }

  settle(id: string, answer: unknown): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    asked?.resolve(answer);
  }

  fail(id: string, error: Error): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    asked?.reject(error);
  }

  jsm(): ReturnType<FrameBus['jsm']> {
    return Promise.resolve(this.jetStream.manager());
  }

  private send(message: Message): void {
    const { link } = this;
    link?.send(() => this.server.route(message, link));
  }

  private answered(body: string): void {
    const { id, answer } = JSON.parse(body) as { id: string; answer: unknown };
    this.settle(id, answer);
  }

  private subscribe(subject: string, handler: (message: Message) => void, queue?: string): () => void {
    const id = ++this.lastId;
    this.listening.set(id, { subject, queue, handler });
    if (this.link) this.announce(this.link, id);
    return () => {
      this.listening.delete(id);
      const { link } = this;
      link?.send(() => this.server.unsubscribe(link, id));
    };
  }

  private announce(link: Link, id: number): void {
    const { subject, queue } = this.listening.get(id)!;
    link.send(() => this.server.subscribe({ link, id, subject, queue }));
  }

  private dial([least, most]: readonly [number, number], then: () => void): void {
    this.life.later(this.server.parts.random.between(least, most), 'dial', 'dials NATS', () => {
      if (this.severed || !this.server.up) return this.dial(RECONNECT_MS, then);
      const link = new Link(
        this.life,
        this.server,
        {
          message: (id, message) => this.listening.get(id)?.handler(message),
          closed: () => this.lost(link),
        },
        ++this.links,
      );
      this.link = link;
      for (const id of this.listening.keys()) this.announce(link, id);
      then();
    });
  }

  private lost(link: Link): void {
    if (this.link !== link) return;
    this.link = null;
    for (const listener of [...this.downs]) listener();
    this.dial(RECONNECT_MS, () => {
      for (const listener of [...this.ups]) listener();
    });
  }
}
