import type { EventSink, LogPosition, StoredEvent } from '@ganglion/contracts';
import type pg from 'pg';
import { moveCursor, readCursor, writeCursor } from './cursors.js';
import { inTransaction } from './transaction.js';

/**
 * A read model in Postgres. Its rows and its position move in one transaction, so a crash leaves both as they were. Several
 * processes may feed the same projection: whoever comes second finds the position moved and writes nothing.
 */
export abstract class PgProjection implements EventSink {
  abstract readonly name: string;

  constructor(protected readonly pool: pg.Pool) {}

  /** Writes what these events (1 to 500, in order, without gaps) mean. Uses only what they carry and the projection's own rows. */
  protected abstract project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void>;

  /** Removes every row, so that the projection can be made anew. */
  protected abstract clear(tx: pg.PoolClient): Promise<void>;

  position(): Promise<LogPosition | null> {
    return readCursor(this.pool, this.name);
  }

  /** @throws Error when events between the projection and the batch are missing */
  async apply(batch: StoredEvent[]): Promise<void> {
    const last = batch.at(-1);
    if (!last) return;
    const { logId, pos: from } = batch[0]!;
    const moved = await inTransaction(this.pool, async (tx) => {
      if (!(await moveCursor(tx, this.name, logId, from - 1, last.pos))) return false;
      await this.project(tx, batch);
      return true;
    });
    if (!moved) await this.applyRest(batch, last);
  }

  reset(logId: string): Promise<number> {
    return inTransaction(this.pool, async (tx) => {
      // First the position, for which somebody in the middle of `apply` makes us wait: rows that are not committed yet would
      // escape `clear`.
      await writeCursor(tx, this.name, { logId, pos: 0 });
      await this.clear(tx);
      return 0;
    });
  }

  /** Somebody else has applied all or the beginning of it, or we are behind. */
  private async applyRest(batch: StoredEvent[], last: StoredEvent): Promise<void> {
    const at = await this.position();
    if (at?.logId !== last.logId || at.pos < batch[0]!.pos - 1) {
      throw new Error(`${this.name} stands at ${at?.logId}:${at?.pos} and was given ${last.logId}:${batch[0]!.pos}`);
    }
    if (at.pos < last.pos) await this.apply(batch.filter(({ pos }) => pos > at.pos));
  }
}
