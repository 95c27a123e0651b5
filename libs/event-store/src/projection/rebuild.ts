import type { EventSink } from '@ganglion/contracts';
import type { EventLog } from '../log/event-log.js';
import { feed, sourceOf } from './event-source.js';

/**
 * Makes a sink anew, where it is, from the beginning of the log (or from the snapshot its `reset` loads) up to the head of this
 * moment. Nothing else may feed it meanwhile. A projection that serves is made anew by `rebuildBeside`.
 * @returns the position reached
 */
export async function rebuild(sink: EventSink, log: EventLog, pageSize = 500): Promise<number> {
  const head = await log.refreshHead();
  const from = await sink.reset(log.logId);
  await feed(sink, sourceOf(log), { logId: log.logId, from, to: head, pageSize });
  return Math.max(from, head);
}
