import type { LogPosition } from '@ganglion/contracts';
import { CURRENT_LOG_SCHEMA, type FramePublisher, rebuild, resetLogIdentity } from '@ganglion/event-store';
import { systemClock } from '@ganglion/kernel';
import {
  Bus,
  ensureStreams,
  FrameConsumer,
  FramePublisherJs,
  RpcClient,
  STREAMS,
  streamName,
} from '@ganglion/messaging';
import type pg from 'pg';
import { differences, type Heard, type Journal, LISTS_SCHEMA, StreamLists } from './pipeline-check.fixture.js';
import { onServer, Sessions, setting, uniqueName } from './pipeline-sessions.fixture.js';
import { LOG, SERVICE, Writer } from './pipeline-writer.fixture.js';

/** A process that projects the log into a database of its own. Several of one database share its projection. */
export class Reader<P extends StreamLists = StreamLists> {
  readonly projection: P;
  readonly consumer: FrameConsumer;
  /** What the consumer has reported. */
  readonly errors: unknown[] = [];
  private readonly sessions: Sessions;

  constructor(database: string, bus: Bus, make: (pool: pg.Pool) => P) {
    this.sessions = new Sessions(database);
    this.projection = make(this.sessions.pool);
    this.consumer = new FrameConsumer({
      bus,
      rpc: new RpcClient({ bus, clock: systemClock }),
      service: SERVICE,
      log: LOG,
      sink: this.projection,
      report: (error) => void this.errors.push(error),
    });
  }

  /** Cuts its connections to the database, whatever it is doing. */
  cut(): Promise<void> {
    return this.sessions.cut();
  }

  /** Resolves when the projection stands there, by whoever's work. As `settled`, for when another log comes in between. */
  async stands({ logId, pos }: LogPosition): Promise<void> {
    for (;;) {
      const at = await this.projection.position();
      if (at?.logId === logId && at.pos === pos) return;
    }
  }

  async end(): Promise<void> {
    await this.consumer.stop();
    await this.sessions.pool.end();
  }
}

/** A writer, readers and a broker between them, all real, each with what it has to itself. */
export class Pipeline {
  private readonly databases: string[] = [];
  private readonly rebuilt: Sessions;
  private readonly writers: Writer[] = [];
  private readonly readers: Reader[] = [];

  /** Where relays put their frames. */
  readonly broker: FramePublisher;

  private constructor(
    private readonly writerBus: Bus,
    readonly readerBus: Bus,
    /** Lists that belong to no reader. */
    private readonly spare: string,
  ) {
    this.rebuilt = new Sessions(spare);
    this.broker = new FramePublisherJs(writerBus, SERVICE, LOG);
  }

  static async open(): Promise<Pipeline> {
    const prefix = uniqueName();
    const bus = async (name: string) => {
      const made = await Bus.connect({ url: setting('GANGLION_TEST_NATS_URL'), prefix, name, report: () => undefined });
      await ensureStreams(made, { replicas: 1 });
      return made;
    };
    return new Pipeline(await bus('pipeline-writer'), await bus('pipeline-reader'), await createDatabase(LISTS_SCHEMA));
  }

  /** A database with an empty log. */
  logDatabase(): Promise<string> {
    return this.database(CURRENT_LOG_SCHEMA);
  }

  /** A database with empty lists. */
  listsDatabase(): Promise<string> {
    return this.database(LISTS_SCHEMA);
  }

  /** Nobody may be connected to `original`. */
  async copyOf(original: string): Promise<string> {
    const name = uniqueName();
    await onServer(`create database ${name} template ${original}`);
    this.databases.push(name);
    return name;
  }

  /** @param around  what stands between the relay and the broker; null: the relay does not come to run */
  async writer(
    database: string,
    around: ((broker: FramePublisher) => FramePublisher) | null = (broker) => broker,
  ): Promise<Writer> {
    const writer = await Writer.start(database, this.writerBus, around && around(this.broker));
    this.writers.push(writer);
    return writer;
  }

  reader(database: string): Reader;
  reader<P extends StreamLists>(database: string, make: (pool: pg.Pool) => P): Reader<P>;
  reader(database: string, make = (pool: pg.Pool) => new StreamLists(pool)): Reader {
    const reader = new Reader(database, this.readerBus, make);
    this.readers.push(reader);
    return reader;
  }

  /** A copy of a backup, made fit for use as the operator is told to. */
  async restored(backup: string): Promise<string> {
    const name = await this.copyOf(backup);
    const { pool } = new Sessions(name);
    try {
      await resetLogIdentity(pool, LOG);
    } finally {
      await pool.end();
    }
    return name;
  }

  async deleteStreams(): Promise<void> {
    const jsm = await this.readerBus.jsm();
    for (const { name } of STREAMS) {
      await jsm.streams.delete(streamName(this.readerBus.prefix, name)).catch((error: Error) => {
        if (error.message !== 'stream not found') throw error;
      });
    }
  }

  /**
   * How what arrived differs from the same projection made anew out of the log, and from what the appends have promised;
   * empty: not at all.
   */
  async verdict(arrived: readonly Heard[], writer: Writer, journal: Journal): Promise<string[]> {
    const fresh = new StreamLists(this.rebuilt.pool);
    await rebuild(fresh, writer.log);
    return [
      ...differences(arrived, await fresh.lists()).map((line) => `against a rebuild: ${line}`),
      ...journal.differences(arrived).map((line) => `against what was acknowledged: ${line}`),
    ];
  }

  /** Ends every process and drops every database. */
  async clear(): Promise<void> {
    await Promise.all(this.readers.splice(0).map((reader) => reader.end()));
    await Promise.all(this.writers.splice(0).map((writer) => writer.stop()));
    await Promise.all(this.databases.splice(0).map(dropDatabase));
  }

  async close(): Promise<void> {
    await this.clear();
    await this.deleteStreams();
    await Promise.all([this.writerBus.close(), this.readerBus.close()]);
    await this.rebuilt.pool.end();
    await dropDatabase(this.spare);
  }

  private async database(schema: string): Promise<string> {
    const name = await createDatabase(schema);
    this.databases.push(name);
    return name;
  }
}

async function createDatabase(schema: string): Promise<string> {
  const name = uniqueName();
  await onServer(`create database ${name}`);
  const { pool } = new Sessions(name);
  try {
    await pool.query(schema);
  } finally {
    await pool.end();
  }
  return name;
}

const dropDatabase = (name: string): Promise<void> => onServer(`drop database ${name} with (force)`);
