import { type EventRow, fromRow, type LogEntry, READ_COLUMNS } from './entry.js';
import { isConnectionLoss, LogUnavailable } from './event-log.errors.js';
import type { EventTypes } from './event-types.js';
import type { Queryable } from './schema.js';

const FROM = 'from event e join log l on l.log = e.log';

/** Reads a log. Positions are dense and become visible in order, so `pos > last` never steps over an event. */
export class LogReader {
  constructor(
    private readonly pool: Queryable,
    private readonly log: string,
    private readonly types: EventTypes,
  ) {}

  /** Ascending; at most `limit` (> 0). */
  after(pos: number, limit: number): Promise<LogEntry[]> {
    return this.read({
      name: 'event_store_after',
      text: `select ${READ_COLUMNS} ${FROM} where e.log = $1 and e.pos > $2 order by e.pos limit $3`,
      values: [this.log, pos, limit],
    });
  }

  /** Ascending; at most `limit` (> 0; null: all). */
  stream(stream: string, afterVer: number, limit: number | null): Promise<LogEntry[]> {
    return this.read({
      name: 'event_store_stream',
      text: `select ${READ_COLUMNS} ${FROM} where e.log = $1 and e.stream = $2 and e.ver > $3 order by e.ver limit $4`,
      values: [this.log, stream, afterVer, limit],
    });
  }

  /** Makes the log's row, and with it its identity, if there is none. */
  async create(): Promise<{ logId: string; head: number }> {
    await this.rows({ text: 'insert into log (log) values ($1) on conflict do nothing', values: [this.log] });
    return (await this.identity())!;
  }

  async identity(): Promise<{ logId: string; head: number } | null> {
    const rows = await this.rows<{ log_id: string; head: string }>({
      name: 'event_store_identity',
      text: 'select log_id, head from log where log = $1',
      values: [this.log],
    });
    return rows[0] ? { logId: rows[0].log_id, head: Number(rows[0].head) } : null;
  }

  private async read(statement: Parameters<Queryable['query']>[0]): Promise<LogEntry[]> {
    return (await this.rows<EventRow>(statement)).map((row) => fromRow(row, this.types));
  }

  private async rows<Row extends object>(statement: Parameters<Queryable['query']>[0]): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(statement)).rows;
    } catch (error) {
      throw isConnectionLoss(error) ? new LogUnavailable('not-written', error) : error;
    }
  }
}
