import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import type { Trace } from '../time/trace.js';
import type { Life } from '../time/life.js';
import type { Link } from './link.js';
import { Streams } from './streams.js';

export interface Message {
  subject: string;
  body: string;
  /** Where an answer goes. */
  reply?: string | undefined;
}

export interface Subscription {
  link: Link;
  /** Of the subscription at its client. */
  id: number;
  subject: string;
  queue: string | undefined;
}

/** What chaos does to single messages; chances. */
export interface Chaos {
  lose: number;
  double: number;
  delay: number;
  delayMs: number;
}

export const CALM: Chaos = { lose: 0, double: 0, delay: 0, delayMs: 0 };

/**
 * A nats-server: carries messages between links and keeps streams. Promises as little as possible: whatever the real one may lose,
 * double or reorder in whatever weather, this one does more often.
 */
export class NatsServer {
  up = true;
  chaos: Chaos = CALM;
  /** A cluster whose nodes do not reach each other: which half a process is connected to. Null: they do. */
  split: ((life: Life) => boolean) | null = null;
  readonly counts = {
    published: 0,
    lost: 0,
    doubled: 0,
    delayed: 0,
    nobody: 0,
    streamsDeleted: 0,
    stored: 0,
    duplicates: 0,
  };
  readonly streams: Streams;
  private readonly links = new Set<Link>();
  private readonly subscriptions = new Map<string, Subscription[]>();

  constructor(readonly parts: { scheduler: Scheduler; trace: Trace; random: Random }) {
    this.streams = new Streams(this);
  }

  /** @throws Error when it is down */
  accept(link: Link): void {
    if (!this.up) throw new Error('connect ECONNREFUSED');
    this.links.add(link);
  }

  /** kill -9. What is in files stays. */
  stop(): void {
    this.up = false;
    for (const link of [...this.links]) link.close('server');
  }

  start(): void {
    this.up = true;
  }

  /** A link has ended, at whichever side. */
  forget(link: Link): void {
    this.links.delete(link);
    for (const [subject, all] of this.subscriptions)
      this.subscriptions.set(
        subject,
        all.filter((one) => one.link !== link),
      );
    this.streams.forget(link);
  }

  subscribe(subscription: Subscription): void {
    const { subject } = subscription;
    this.subscriptions.set(subject, [...(this.subscriptions.get(subject) ?? []), subscription]);
  }

  unsubscribe(link: Link, id: number): void {
    for (const [subject, all] of this.subscriptions)
      if (all.some((one) => one.link === link && one.id === id))
        this.subscriptions.set(
          subject,
          all.filter((one) => one.link !== link || one.id !== id),
        );
  }

  /** Streams live in the one half. */
  reachesStreams({ life }: Link): boolean {
    return !this.split?.(life);
  }

  /** @param nobody  told when a question reaches no subscription */
  route(message: Message, from: Link, nobody?: () => void): void {
    this.counts.published++;
    const { split } = this;
    const known = this.subscriptions.get(message.subject) ?? [];
    const all = split ? known.filter(({ link }) => split(link.life) === split(from.life)) : known;
    if (all.length === 0) {
      this.counts.nobody++;
      return nobody?.();
    }
    for (const { link, id } of this.receivers(all)) this.weather(() => link.deliver(id, message), link);
  }

  /** Delivers once, or as the chaos of this moment has it. Late ones overtake nobody on the link: others overtake them. */
  weather(deliver: () => void, link: Link): void {
    const { random, scheduler } = this.parts;
    const { lose, double, delay, delayMs } = this.chaos;
    const fate = lose + double + delay > 0 ? random.next() : 1;
    if (fate < lose) {
      this.counts.lost++;
    } else if (fate < lose + double) {
      this.counts.doubled++;
      deliver();
      deliver();
    } else if (fate < lose + double + delay) {
      this.counts.delayed++;
      scheduler.after(random.between(0, delayMs), () => {
        if (link.open) deliver();
      });
    } else deliver();
  }

  /** Of each queue group one, of the others all. */
  private receivers(all: readonly Subscription[]): Subscription[] {
    const groups = new Map<string, Subscription[]>();
    const chosen: Subscription[] = [];
    for (const one of all) {
      if (one.queue === undefined) chosen.push(one);
      else groups.set(one.queue, [...(groups.get(one.queue) ?? []), one]);
    }
    for (const group of groups.values()) chosen.push(this.parts.random.oneOf(group));
    return chosen;
  }
}
