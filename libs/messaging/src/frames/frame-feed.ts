import { pause } from '@ganglion/kernel';
import { DeliverPolicy, JetStreamApiError, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { messageOf } from '../bus/bus.js';
import { restoreStream, STREAM_NOT_FOUND } from '../streams/ensure-streams.js';
import { streamName } from '../streams/streams.js';
import type { FrameBus } from './frame-bus.js';

/** Ends of a consumer; it is made anew. Whatever was lost meanwhile is read from the log. */
const BROKEN = new Set([
  'consumer_deleted',
  'consumer_not_found',
  'stream_not_found',
  'heartbeats_missed',
  'no_responders',
]);

const PULL_EXPIRES_MS = 5_000;
const HEARTBEAT_MS = 1_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * New frames of one log as they are stored: an ordered consumer that is remade whenever it, its stream or the server has
 * vanished. Promises nothing but to try: `onOpen` says when frames may have been missed.
 */
export class FrameFeed {
  private stopping = new AbortController();
  private running: Promise<void> | null = null;
  private messages: ConsumerMessages | null = null;

  constructor(
    private readonly options: {
      bus: FrameBus;
      /** As in `STREAMS`. */
      stream: string;
      subject: string;
      onMessage: (message: JsMsg) => void;
      /** From now on messages come; before, some may have been missed. */
      onOpen: () => void;
    },
  ) {}

  start(): void {
    if (this.running) return;
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.messages?.close();
    await this.running;
    this.running = null;
  }

  private async run(stopping: AbortSignal): Promise<void> {
    for (let failures = 0; !stopping.aborted; failures++) {
      try {
        await this.consume(stopping, () => (failures = 0));
      } catch (error) {
        await this.mend(error, failures);
      }
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      await pause(this.options.bus.timers, pauseMs, stopping);
    }
  }

  /** Resolves when the consumer has ended. */
  private async consume(stopping: AbortSignal, opened: () => void): Promise<void> {
    const { bus, stream, subject, onMessage, onOpen } = this.options;
    const consumer = await bus.js.consumers.get(streamName(bus.prefix, stream), {
      filter_subjects: bus.subject(subject),
      deliver_policy: DeliverPolicy.New,
      inactive_threshold: 30_000,
    });
    if (stopping.aborted) return;
    const messages = await consumer.consume({
      max_messages: 64,
      expires: PULL_EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
      callback: onMessage,
    });
    if (stopping.aborted) {
      await messages.close();
      return;
    }
    this.messages = messages;
    opened();
    onOpen();
    for await (const { type } of messages.status()) if (BROKEN.has(type)) break;
    await messages.close();
    this.messages = null;
  }

  private async mend(error: unknown, failures: number): Promise<void> {
    const { bus, stream } = this.options;
    try {
      if (error instanceof JetStreamApiError && error.apiError().err_code === STREAM_NOT_FOUND) {
        return await restoreStream(bus, stream);
      }
    } catch (worse) {
      error = worse;
    }
    // While NATS is away every attempt fails, and the bus has said so already.
    if (bus.connected && failures % 10 === 1) {
      bus.report({ problem: 'frames', message: `no live frames of ${stream}: ${messageOf(error)}` });
    }
  }
}
