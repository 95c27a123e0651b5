import type { MsgHdrs } from '@nats-io/nats-core';
import type { Link } from './link.js';
import type { NatsServer } from './nats-server.js';

/** Ids of messages are remembered for so long. */
const DEDUPE_MS = 120_000;

export interface StoredMessage {
  subject: string;
  data: Uint8Array;
  headers: MsgHdrs | undefined;
}

interface Stream {
  subjects: string[];
  last: number;
  ids: Map<string, { seq: number; atMs: number }>;
}

/** A reader of a stream's new messages, as the server knows it. */
export interface Consumer {
  link: Link;
  stream: string;
  subject: string;
  take: (message: StoredMessage) => void;
}

/** JetStream: says what it has stored, recognises ids, hands new messages to consumers, and may lose everything but that. */
export class Streams {
  private readonly streams = new Map<string, Stream>();
  private consumers: Consumer[] = [];

  constructor(private readonly server: NatsServer) {}

  has(name: string): boolean {
    return this.streams.has(name);
  }

  add(name: string, subjects: string[]): void {
    if (!this.streams.has(name)) this.streams.set(name, { subjects, last: 0, ids: new Map() });
  }

  delete(name: string): void {
    if (!this.streams.delete(name)) return;
    this.server.counts.streamsDeleted++;
    this.consumers = this.consumers.filter(({ stream }) => stream !== name);
  }

  deleteAll(): void {
    for (const name of [...this.streams.keys()]) this.delete(name);
  }

  /** @returns null: no stream takes this subject */
  store(id: string, message: StoredMessage): { stream: string; seq: number; duplicate: boolean } | null {
    const found = [...this.streams].find(([, { subjects }]) => subjects.some((one) => matches(one, message.subject)));
    if (!found) return null;
    const [name, stream] = found;
    const { scheduler } = this.server.parts;
    const known = stream.ids.get(id);
    if (known && scheduler.nowMs - known.atMs < DEDUPE_MS) {
      this.server.counts.duplicates++;
      return { stream: name, seq: known.seq, duplicate: true };
    }
    this.server.counts.stored++;
    const seq = ++stream.last;
    stream.ids.set(id, { seq, atMs: scheduler.nowMs });
    for (const consumer of this.consumers) {
      const { link, take } = consumer;
      const wanted = consumer.stream === name && consumer.subject === message.subject;
      if (!wanted || !this.server.reachesStreams(link)) continue;
      this.server.weather(() => link.toClient('a frame', () => take(message)), link);
    }
    return { stream: name, seq, duplicate: false };
  }

  consume(consumer: Consumer): void {
    this.consumers.push(consumer);
  }

  /** Whether it still delivers. */
  delivers(consumer: Consumer): boolean {
    return this.consumers.includes(consumer) && consumer.link.flows && this.server.reachesStreams(consumer.link);
  }

  drop(consumer: Consumer): void {
    this.consumers = this.consumers.filter((one) => one !== consumer);
  }

  /** Ephemeral consumers do not outlive their link, nor the server. */
  forget(link: Link): void {
    this.consumers = this.consumers.filter((one) => one.link !== link);
  }
}

/** NATS's wildcards. */
function matches(pattern: string, subject: string): boolean {
  const [want, have] = [pattern.split('.'), subject.split('.')];
  const rest = want.indexOf('>');
  if (rest === -1 && want.length !== have.length) return false;
  return want.every((token, i) => i >= (rest === -1 ? Infinity : rest) || token === '*' || token === have[i]);
}
