import type { EventSink, StoredEvent } from '@ganglion/contracts';
import type { EventLog } from '../log/event-log.js';

/**
 * Makes a sink anew from the beginning of the log (or from the snapshot its `reset` loads) up to the head of this moment.
 * Nothing else may feed it meanwhile. The next events are read while the last ones are applied.
 * @returns the position reached
 */
export async function rebuild(sink: EventSink, log: EventLog, batchSize = 500): Promise<number> {
  const head = await log.refreshHead();
  let pos = await sink.reset(log.logId);
  let batch = await readUpTo(log, pos, head, batchSize);
  while (batch.length > 0) {
    pos = batch.at(-1)!.pos;
    [batch] = await Promise.all([readUpTo(log, pos, head, batchSize), sink.apply(batch)]);
  }
  return pos;
}

function readUpTo(log: EventLog, pos: number, head: number, limit: number): Promise<StoredEvent[]> {
  return pos >= head ? Promise.resolve([]) : log.readAfter(pos, Math.min(limit, head - pos));
}
