import { subjects, type LogPosition } from '@ganglion/contracts';
import type { EventLog } from '@ganglion/event-store';
import type { FrameBus } from '@ganglion/messaging';

interface CommitNotice extends LogPosition {
  instance: string;
}

/**
 * Tells the other processes of a service how far the log has come, so that the leader publishes and projects at once what another
 * process has committed, and a reader of one's own write is not told of an older state elsewhere. A lost notice costs
 * latency only: each process asks the database once a second.
 * @param others  how many there are to tell
 * @returns ends it
 */
export function exchangeCommits(
  log: EventLog,
  instance: string,
  bus: Pick<FrameBus, 'connected' | 'listen' | 'publishJson'>,
  others: () => number,
): () => void {
  const subject = subjects.committed(log.log);
  const { logId } = log;
  const ends = [
    log.onCommitted((batch) => {
      const last = batch.at(-1);
      if (!last || others() === 0 || !bus.connected) return;
      const notice: CommitNotice = { logId, pos: last.pos, instance };
      bus.publishJson(subject, notice);
    }),
    bus.listen(subject, (body) => {
      const notice = body as CommitNotice;
      if (notice.logId === logId && notice.instance !== instance) log.heard(notice.pos);
    }),
  ];
  return () => ends.forEach((end) => end());
}
