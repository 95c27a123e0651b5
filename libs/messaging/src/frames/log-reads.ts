import { subjects, type LogService, type StoredEvent } from '@ganglion/contracts';
import { messageOf, type Bus, type Subscription } from '../bus/bus.js';
import { Endpoint } from '../rpc/endpoint.js';

/** The log itself, as `EventLog` of `@ganglion/event-store` is. */
export interface ReadableLog {
  readonly logId: string;
  head(): number;
  /** Ascending, dense; empty: nothing after `pos`. */
  readAfter(pos: number, limit: number): Promise<StoredEvent[]>;
}

export interface LogRead {
  /** Position to read after, from 0. */
  after: number;
  limit: number;
}

export interface LogReadReply {
  logId: string;
  head: number;
  /** As many as fit, in order, from `after + 1`; at least one when there is one. */
  events: StoredEvent[];
}

export interface LogReadServer {
  /** Takes no more and answers what it has taken. */
  stop(): Promise<void>;
}

const MAX_EVENTS = 1_000;
const REPLY_BYTES = 400 * 1_024;

/** Answers `log.<service>.<log>.read`, which is where readers get what they missed. Any instance of the service will do. */
export function serveLogReads(bus: Bus, service: LogService, log: string, reader: ReadableLog): LogReadServer {
  const endpoint = new Endpoint({
    bus,
    onBug: (error, { requestId }) =>
      bus.report({ problem: 'handler', message: `reading the log for ${requestId}: ${messageOf(error)}` }),
  });
  const subject = subjects.logRead(service, log);
  const subscription: Subscription = bus.subscribe(
    subject,
    (message) => endpoint.accept(message, subject, () => (body) => readLog(reader, body as LogRead)),
    { queue: service },
  );
  return {
    stop: async () => {
      await subscription.drain();
      await endpoint.drained();
    },
  };
}

/** What a log answers to one such question. */
export async function readLog(reader: ReadableLog, { after, limit }: LogRead): Promise<LogReadReply> {
  const events = await reader.readAfter(after, Math.min(limit, MAX_EVENTS));
  return { logId: reader.logId, head: Math.max(reader.head(), events.at(-1)?.pos ?? 0), events: fitting(events) };
}

/** The first is always among them: one larger than a message travels in chunks. */
function fitting(events: StoredEvent[]): StoredEvent[] {
  let sizeBytes = 0;
  const end = events.findIndex((event, i) => {
    sizeBytes += Buffer.byteLength(JSON.stringify(event));
    return i > 0 && sizeBytes > REPLY_BYTES;
  });
  return end === -1 ? events : events.slice(0, end);
}
