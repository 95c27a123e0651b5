import type pg from 'pg';
import type { Life } from '../time/life.js';
import type { DatabaseServer, Session } from './database-server.js';
import type { Result, Statement } from './statements.js';

type Config = { name?: string; text: string; values?: unknown[] };
type Listener = (error?: Error) => void;

const WAY_MS = [0.05, 0.6] as const;
const CONNECT_MS = [0.5, 3] as const;

/** The way between one process and one database. While it is cut, what is sent waits in it, as TCP does for a while. */
export class DatabaseRoute {
  /** Connections so far. */
  opened = 0;
  private cut = false;
  private readonly held: (() => void)[] = [];
  private readonly clients = new Set<SimClient>();

  constructor(
    readonly life: Life,
    readonly server: DatabaseServer,
  ) {
    // The machine closes what a dead process had open.
    life.atEnd(() => {
      for (const client of this.clients) client.abandon();
    });
  }

  sever(): void {
    this.cut = true;
  }

  mend(): void {
    this.cut = false;
    for (const send of this.held.splice(0)) send();
  }

  /** Runs `arrive` at the other end. @param at  the last arrival on this connection so far, which this one does not overtake */
  send(at: { ms: number }, arrive: (delayMs: number) => void): void {
    const go = () => {
      const { scheduler, random } = this.server.parts;
      at.ms = Math.max(at.ms + 0.001, scheduler.nowMs + random.between(...WAY_MS));
      arrive(at.ms - scheduler.nowMs);
    };
    if (this.cut) this.held.push(go);
    else go();
  }

  open(): Promise<SimClient> {
    return new Promise((resolve, reject) => {
      const { random } = this.server.parts;
      const dial = () =>
        this.life.later(random.between(...CONNECT_MS), 'connect', 'connects to the database', () => {
          try {
            const client = new SimClient(this);
            this.clients.add(client);
            resolve(client);
          } catch (error) {
            reject(error as Error);
          }
        });
      if (this.cut) this.held.push(dial);
      else dial();
    });
  }

  closed(client: SimClient): void {
    this.clients.delete(client);
  }
}

/** As `pg.Client` is, as far as the event store uses it. */
export class SimClient {
  private readonly session: Session;
  private readonly listeners = { error: new Set<Listener>(), end: new Set<Listener>() };
  private readonly pending: { resolve: (result: Result) => void; reject: (error: Error) => void }[] = [];
  private readonly out = { ms: 0 };
  private readonly back = { ms: 0 };
  private readonly channel: string;
  broken = false;

  /** @throws Error when the server is down */
  constructor(private readonly route: DatabaseRoute) {
    this.channel = `database ${route.opened++}`;
    this.session = route.server.connect(route.life.name, {
      answer: (result) => this.toClient('is answered', () => this.answered(result)),
      closed: (reason) => this.toClient('loses a database connection', () => this.lost(reason)),
    });
  }

  /** What the event store takes. */
  asClient(): pg.Client {
    return this as unknown as pg.Client;
  }

  query(config: Config | string, values?: unknown[]): Promise<Result> {
    if (this.broken) return Promise.reject(new Error('Client has encountered a connection error and is not queryable'));
    const statement: Statement =
      typeof config === 'string'
        ? { text: config, values: values ?? [] }
        : { name: config.name, text: config.text, values: config.values ?? [] };
    return new Promise((resolve, reject) => {
      this.pending.push({ resolve, reject });
      this.route.send(this.out, (delayMs) => {
        this.route.server.parts.scheduler.after(delayMs, () => this.session.receive(statement));
      });
    });
  }

  on(event: 'error' | 'end', listener: Listener): this {
    this.listeners[event].add(listener);
    return this;
  }

  off(event: 'error' | 'end', listener: Listener): this {
    this.listeners[event].delete(listener);
    return this;
  }

  /** Statements under way are not waited for. */
  async end(): Promise<void> {
    this.abandon();
    this.fail(new Error('Connection terminated'));
  }

  /** Nobody is at this end any more; the server learns of it. */
  abandon(): void {
    this.broken = true;
    this.route.closed(this);
    this.route.send(this.out, (delayMs) => {
      this.route.server.parts.scheduler.after(delayMs, () => this.session.leave());
    });
  }

  private toClient(what: string, run: () => void): void {
    this.route.send(this.back, (delayMs) => this.route.life.later(delayMs, this.channel, what, run));
  }

  private answered(result: Result | Error): void {
    const first = this.pending.shift();
    if (result instanceof Error) first?.reject(result);
    else first?.resolve(result);
  }

  private lost(reason: Error): void {
    if (this.broken) return;
    this.broken = true;
    this.route.closed(this);
    this.fail(reason);
    for (const listener of [...this.listeners.error]) listener(reason);
    for (const listener of [...this.listeners.end]) listener();
  }

  private fail(reason: Error): void {
    for (const { reject } of this.pending.splice(0)) reject(reason);
  }
}

/** Connections of a pool. */
const MOST = 8;

/** As `pg.Pool` is, as far as the event store uses it. */
export class SimPool {
  private readonly idle: SimClient[] = [];
  private readonly waiting: (() => void)[] = [];
  private open = 0;

  constructor(private readonly route: DatabaseRoute) {}

  /** What the event store takes. */
  asPool(): pg.Pool {
    return this as unknown as pg.Pool;
  }

  async query(config: Config | string, values?: unknown[]): Promise<Result> {
    const client = await this.connect();
    try {
      return await client.query(config, values);
    } finally {
      client.release();
    }
  }

  async connect(): Promise<PooledClient> {
    for (;;) {
      const client = this.idle.pop();
      if (client && !client.broken) return this.lend(client);
      if (client) this.open--;
      else if (this.open < MOST) {
        this.open++;
        try {
          return this.lend(await this.route.open());
        } catch (error) {
          this.free();
          throw error;
        }
      } else await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Idle connections that break are thrown away when they are met. */
  on(): this {
    return this;
  }

  listeners(): unknown[] {
    return [];
  }

  private lend(client: SimClient): PooledClient {
    let lent = true;
    return Object.assign(client, {
      release: (error?: Error) => {
        if (!lent) throw new Error('released twice');
        lent = false;
        if (error) client.abandon();
        if (!client.broken) this.idle.push(client);
        else return this.free();
        this.waiting.shift()?.();
      },
    });
  }

  private free(): void {
    this.open--;
    this.waiting.shift()?.();
  }
}

export type PooledClient = SimClient & { release: (error?: Error) => void };
