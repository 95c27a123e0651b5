import { readableVersion, type EventSink, type LogService, type StoredEvent } from '@ganglion/contracts';
import { NewerEvent } from '@ganglion/event-store';

/**
 * The same sink, which stands still before an event of another service's log that a newer build has written and this one would
 * misread; what came before it is applied. It goes on when a process of a newer build has taken its place.
 */
export function readableOnly(service: LogService, sink: EventSink): EventSink {
  return {
    name: sink.name,
    position: () => sink.position(),
    reset: (logId) => sink.reset(logId),
    apply: async (batch: StoredEvent[]) => {
      const at = batch.findIndex(({ type, v }) => v > readableVersion(service, type));
      if (at < 0) return sink.apply(batch);
      if (at > 0) await sink.apply(batch.slice(0, at));
      const { type, v } = batch[at]!;
      throw new NewerEvent(type, v, readableVersion(service, type));
    },
  };
}
