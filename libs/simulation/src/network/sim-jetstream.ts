import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type StreamConfig,
} from '@nats-io/jetstream';
import { NoRespondersError, type MsgHdrs } from '@nats-io/nats-core';
import type { Link } from './link.js';
import type { SimBus } from './sim-bus.js';
import type { Consumer } from './streams.js';

const ANSWER_WITHIN_MS = 5_000;
/** Two heartbeats that do not come. */
const HEARTBEATS_MS = 2_000;
const NOT_FOUND = { code: 404, err_code: 10_059, description: 'stream not found' };

/** What `FramePublisherJs`, `FrameFeed` and `ensureStreams` use of the clients for JetStream. */
export class SimJetStream {
  constructor(private readonly bus: SimBus) {}

  client(): JetStreamClient {
    const client = {
      publish: (subject: string, data: Uint8Array | string, options: { msgID: string; headers?: MsgHdrs }) =>
        this.publish(subject, typeof data === 'string' ? Buffer.from(data) : data, options),
      consumers: {
        get: async (stream: string, { filter_subjects }: { filter_subjects: string }) => {
          await this.call(() => this.mustExist(stream));
          return { consume: (options: ConsumeOptions) => this.consume(stream, filter_subjects, options.callback) };
        },
      },
    };
    return client as unknown as JetStreamClient;
  }

  manager(): JetStreamManager {
    const { streams } = this.bus.server;
    const manager = {
      streams: {
        add: ({ name, subjects }: Pick<StreamConfig, 'name' | 'subjects'>) =>
          this.call(() => streams.add(name, subjects)),
        delete: (name: string) =>
          this.call(() => {
            this.mustExist(name);
            streams.delete(name);
          }),
      },
    };
    return manager as unknown as JetStreamManager;
  }

  private publish(subject: string, data: Uint8Array, { msgID, headers }: { msgID: string; headers?: MsgHdrs }) {
    return this.call(() => {
      const stored = this.bus.server.streams.store(msgID, { subject, data, headers });
      if (!stored) throw new NoRespondersError(subject);
      return stored;
    });
  }

  private async consume(stream: string, subject: string, callback: (message: JsMsg) => void): Promise<Messages> {
    const messages = new Messages(this.bus);
    await this.call((link) => {
      this.mustExist(stream);
      messages.begin({
        link,
        stream,
        subject,
        take: (message) => {
          if (!messages.closed) callback({ ...message, subject: message.subject } as unknown as JsMsg);
        },
      });
    });
    messages.watch();
    return messages;
  }

  private mustExist(stream: string): void {
    if (!this.bus.server.streams.has(stream)) throw new JetStreamApiError(NOT_FOUND);
  }

  /** A question to the server. @param work  done there */
  private call<T>(work: (link: Link) => T): Promise<T> {
    const { bus } = this;
    const id = bus.nextId();
    return bus.exchange(id, ANSWER_WITHIN_MS, (link) =>
      link.send(() => {
        if (!bus.server.reachesStreams(link)) return;
        let answer: () => void;
        try {
          const result = work(link);
          answer = () => bus.settle(id, result);
        } catch (error) {
          answer = () => bus.fail(id, error as Error);
        }
        link.toClient('JetStream answers', answer);
      }),
    ) as Promise<T>;
  }
}

interface ConsumeOptions {
  callback: (message: JsMsg) => void;
}

/** As `ConsumerMessages` is: delivers, and says when it does not any more. */
class Messages {
  closed = false;
  private consumer: Consumer | null = null;
  private cancel: () => void = () => undefined;
  private readonly said: { type: string }[] = [];
  private wake: (() => void) | null = null;

  constructor(private readonly bus: SimBus) {}

  begin(consumer: Consumer): void {
    this.consumer = consumer;
    this.bus.server.streams.consume(consumer);
  }

  /** Looks for heartbeats. */
  watch(): void {
    this.cancel = this.bus.timers.after(HEARTBEATS_MS, () => {
      const { streams } = this.bus.server;
      if (this.consumer && streams.delivers(this.consumer)) return this.watch();
      this.say({ type: this.consumer && streams.has(this.consumer.stream) ? 'heartbeats_missed' : 'stream_not_found' });
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    if (this.consumer) this.bus.server.streams.drop(this.consumer);
    this.wake?.();
  }

  async *status(): AsyncGenerator<{ type: string }> {
    for (;;) {
      const next = this.said.shift();
      if (next) yield next;
      else if (this.closed) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private say(status: { type: string }): void {
    this.said.push(status);
    this.wake?.();
  }
}
