import type { EventSink, StoredEvent } from '@ganglion/contracts';
import type { EventLog } from '../log/event-log.js';

/** A log to read from its beginning, this service's own or, over the bus, another's. */
export interface EventSource {
  /** Up to `limit` events after `after`, ascending, without gaps; none only when there is none. */
  read(after: number, limit: number, signal?: AbortSignal): Promise<{ logId: string; events: StoredEvent[] }>;
}

export function sourceOf(log: EventLog): EventSource {
  return { read: async (after, limit) => ({ logId: log.logId, events: await log.readAfter(after, limit) }) };
}

/** Another log than the one that was being read: positions mean something else now. */
export class SourceReplaced extends Error {
  override readonly name = 'SourceReplaced';
  constructor(expected: string, found: string) {
    super(`the log ${expected} has become ${found} meanwhile`);
  }
}

export interface FeedOptions {
  logId: string;
  from: number;
  to: number;
  pageSize: number;
  signal?: AbortSignal | undefined;
}

/**
 * Hands a sink the events of `logId` in (from, to]. The next page is read while the last one is applied.
 * @param onPage  called after each page with the position reached
 */
export async function feed(
  sink: EventSink,
  source: EventSource,
  { logId, from, to, pageSize, signal }: FeedOptions,
  onPage: (pos: number) => void = () => undefined,
): Promise<void> {
  const page = async (after: number): Promise<StoredEvent[]> => {
    if (after >= to) return [];
    const read = await source.read(after, Math.min(pageSize, to - after), signal);
    if (read.logId !== logId) throw new SourceReplaced(logId, read.logId);
    if (read.events[0]?.pos !== after + 1)
      throw new Error(`the log should have an event at ${after + 1}, and gave none`);
    return read.events;
  };
  for (let batch = await page(from); batch.length > 0;) {
    const { pos } = batch.at(-1)!;
    [batch] = await Promise.all([page(pos), sink.apply(batch)]);
    onPage(pos);
    signal?.throwIfAborted();
  }
}
