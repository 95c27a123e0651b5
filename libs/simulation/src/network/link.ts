import type { Life } from '../time/life.js';
import type { Message, NatsServer } from './nats-server.js';

const WAY_MS = [0.05, 0.8] as const;
/** A peer that does not answer pings is given up after so long. */
const PINGS_MS = [5_000, 15_000] as const;

export interface LinkEnd {
  message(subscription: number, message: Message): void;
  /** The connection has broken. */
  closed(): void;
}

/**
 * One TCP connection from a process to the nats-server. While its way is cut, bytes wait on both sides; if that lasts, the client gives
 * the connection up, and the server goes on believing in it.
 */
export class Link {
  open = true;
  /** The client does not use it any more; the server may not know. */
  private abandoned = false;
  private cut = false;
  private held: (() => void)[] = [];
  private readonly out = { ms: 0 };
  private readonly back = { ms: 0 };
  private readonly channel: string;

  /** @throws Error when the server is down */
  constructor(
    readonly life: Life,
    readonly server: NatsServer,
    private readonly far: LinkEnd,
    number: number,
  ) {
    this.channel = `nats ${number}`;
    server.accept(this);
  }

  /** Whether what is sent now can arrive soon. */
  get flows(): boolean {
    return this.open && !this.abandoned && !this.cut;
  }

  sever(): void {
    if (this.cut || !this.open) return;
    this.cut = true;
    const { scheduler, random } = this.server.parts;
    scheduler.after(random.between(...PINGS_MS), () => {
      if (!this.cut || !this.open || this.abandoned) return;
      this.abandoned = true;
      this.life.later(0, this.channel, 'gives up a connection to NATS', () => this.far.closed());
    });
  }

  mend(): void {
    if (!this.cut) return;
    this.cut = false;
    if (this.abandoned) return this.close('client');
    for (const send of this.held.splice(0)) send();
  }

  /** Runs `arrive` at the server. */
  send(arrive: () => void): void {
    this.pass(() => {
      const delayMs = this.delay(this.out);
      this.server.parts.scheduler.after(delayMs, () => {
        if (this.open) arrive();
      });
    });
  }

  /** A message for a subscription of the client. */
  deliver(subscription: number, message: Message): void {
    this.toClient(message.subject, () => this.far.message(subscription, message));
  }

  /** Runs `arrive` in the process. */
  toClient(what: string, arrive: () => void): void {
    this.pass(() => {
      this.life.later(this.delay(this.back), this.channel, what, () => {
        if (!this.abandoned) arrive();
      });
    });
  }

  /** @param by  the client has gone, or the server: then the client learns of it */
  close(by: 'client' | 'server'): void {
    if (!this.open) return;
    this.open = false;
    this.server.forget(this);
    if (by === 'client' || this.abandoned) return;
    const tell = () => this.life.later(this.delay(this.back), this.channel, 'loses NATS', () => this.far.closed());
    // A connection that was reset while the way was cut is noticed when the way is open again.
    if (this.cut) this.held = [tell];
    else tell();
  }

  private pass(send: () => void): void {
    if (!this.open || this.abandoned) return;
    if (this.cut) this.held.push(send);
    else send();
  }

  private delay(last: { ms: number }): number {
    const { scheduler, random } = this.server.parts;
    last.ms = Math.max(last.ms + 0.001, scheduler.nowMs + random.between(...WAY_MS));
    return last.ms - scheduler.nowMs;
  }
}
