import type { Clock } from '@ganglion/kernel';
import { isConnectionLoss, LogUnavailable } from './event-log.errors.js';
import type { Queryable } from './schema.js';

/** The state of a stream after `ver` events, as JSON. */
export interface StreamSnapshot {
  ver: number;
  text: string;
}

/** One snapshot per stream, the last one written. A cache: every row may be deleted at any time. */
export class SnapshotStore {
  private background: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: { pool: Queryable; log: string; logId: string; clock: Clock }) {}

  /**
   * @returns null when there is none of this log and this reducer; `inLog`: whether the stream has come so far at all, which
   *          it has not when a backup was restored and the log kept its identity
   * @throws  LogUnavailable
   */
  async read(stream: string, reducer: string): Promise<(StreamSnapshot & { inLog: boolean }) | null> {
    const { pool, log, logId } = this.options;
    try {
      const { rows } = await pool.query<{ ver: number; data: string; in_log: boolean }>({
        name: 'event_store_snapshot_read',
        text: `select s.ver, s.data,
            exists (select from event e where e.log = $4 and e.stream = s.stream and e.ver = s.ver) as in_log
          from snapshot s where s.stream = $1 and s.log_id = $2 and s.reducer = $3`,
        values: [stream, logId, reducer, log],
      });
      const row = rows[0];
      return row ? { ver: row.ver, text: row.data, inLog: row.in_log } : null;
    } catch (error) {
      throw isConnectionLoss(error) ? new LogUnavailable('not-written', error) : error;
    }
  }

  async write(stream: string, reducer: string, { ver, text }: StreamSnapshot): Promise<void> {
    const { pool, logId, clock } = this.options;
    await pool.query({
      name: 'event_store_snapshot_write',
      text: `insert into snapshot (stream, log_id, ver, reducer, data, at) values ($1, $2, $3, $4, $5, $6)
        on conflict (stream) do update set log_id = excluded.log_id, ver = excluded.ver, reducer = excluded.reducer,
          data = excluded.data, at = excluded.at`,
      values: [stream, logId, ver, reducer, text, clock.nowMs()],
    });
  }

  async discard(stream: string): Promise<void> {
    await this.options.pool.query({
      name: 'event_store_snapshot_discard',
      text: 'delete from snapshot where stream = $1',
      values: [stream],
    });
  }

  /**
   * Runs `work` in a later turn of the event loop, one at a time, so that snapshots never take more than one connection.
   * @param work  must not be rejected
   */
  inBackground(work: () => Promise<void>): void {
    if (this.closed) return;
    this.background = this.background.then(nextTurn).then(work);
  }

  /** Resolves when everything given to `inBackground` so far has ended. */
  settled(): Promise<void> {
    return this.background;
  }

  /** Ends what has begun and begins nothing more. */
  close(): Promise<void> {
    this.closed = true;
    return this.background;
  }
}

function nextTurn(): Promise<void> {
  return new Promise(setImmediate);
}
