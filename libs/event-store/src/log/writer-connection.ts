import type pg from 'pg';
import { type Timers, within } from '../timers.js';
import { isConnectionLoss } from './event-log.errors.js';
import type { Queryable } from './schema.js';

/** The connection went away or did not answer in time: whether the last statement was carried out is unknown. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super('connection to the database lost', { cause });
  }
}

/**
 * The one connection that writes a log, made again when it breaks. Its user runs one statement at a time.
 * `prepare` runs first on every new connection; when it fails the connection does not count as open.
 */
export class WriterConnection {
  private client: pg.Client | null = null;

  constructor(
    private readonly options: {
      connect: () => Promise<pg.Client>;
      prepare: (client: Queryable) => Promise<void>;
      answerWithinMs: number;
      timers: Timers;
    },
  ) {}

  /** @throws ConnectionLost when there is no connection to be had */
  async open(): Promise<void> {
    if (this.client) return;
    const client = await this.connect();
    client.on('error', () => this.drop(client));
    client.on('end', () => this.drop(client));
    this.client = client;
    try {
      await this.options.prepare(this);
    } catch (error) {
      this.drop(client);
      throw error;
    }
  }

  /** @throws ConnectionLost, or the server's own refusal */
  async query<Row extends object>(
    config: Parameters<Queryable['query']>[0],
  ): Promise<{ rows: Row[]; rowCount: number | null }> {
    const { client } = this;
    if (!client) throw new ConnectionLost(undefined);
    try {
      return await this.inTime(client.query<Row>(config));
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      this.drop(client);
      throw new ConnectionLost(error);
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end();
  }

  private async connect(): Promise<pg.Client> {
    const connecting = this.options.connect();
    try {
      return await this.inTime(connecting);
    } catch (error) {
      // One that arrives after we gave up would stay open for ever.
      connecting.then(discard, () => undefined);
      throw new ConnectionLost(error);
    }
  }

  private inTime<T>(work: Promise<T>): Promise<T> {
    const { timers, answerWithinMs } = this.options;
    return within(timers, answerWithinMs, work, () => new Error(`no answer within ${answerWithinMs} ms`));
  }

  private drop(client: pg.Client): void {
    if (this.client !== client) return;
    this.client = null;
    discard(client);
  }
}

/** Cuts the connection. That it does not part cleanly is expected: it is thrown away because it is broken. */
function discard(client: pg.Client): void {
  client.end().catch(() => undefined);
}
