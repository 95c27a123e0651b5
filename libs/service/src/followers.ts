import { logOf, type EventSink, type LogService, type StoredEvent } from '@ganglion/contracts';
import { LogFollower, PgProjection, type EventLog } from '@ganglion/event-store';
import { doneWithin, pause, Refusal, systemTimers } from '@ganglion/kernel';
import { FrameConsumer, type FrameBus, type LogAsker } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';
import type { LeaderWork } from './ownership/leadership.js';
import { readableOnly } from './schema-version/readable-only.js';
import { SharedReader, type Feed } from './shared-reader.js';

/** How often a process that does not lead looks whether the read models of a new server have begun. */
const LOOK_EVERY_MS = 50;

interface Reader {
  sink: EventSink;
  position(): number;
  settled(pos: number, signal: AbortSignal): Promise<void>;
}

/**
 * What reads a log in this process: projections and reactions of its own events, replicas of other services' events. Replicas
 * in memory are fed in every process; what all processes share is fed by the one that leads.
 */
export class Followers implements LeaderWork {
  readonly name = 'projections';
  private readonly own: Reader[] = [];
  private readonly foreign = new Map<LogService, Reader[]>();
  private readonly local: { sink: EventSink; feed: Feed }[] = [];
  private readonly shared: SharedReader[] = [];
  private readonly replicas: FrameConsumer[] = [];

  constructor(
    private readonly options: { service: string; log: EventLog | null; bus: FrameBus; rpc: LogAsker; logger: Logger },
  ) {}

  /** A projection or reaction of this service's own log. */
  followOwn(sink: EventSink): void {
    const { log, bus } = this.options;
    if (!log) throw new Error('this service has no log of its own');
    const follower = new LogFollower({ log, sink, report: this.reporter(sink), timers: bus.timers });
    this.own.push(this.reader(sink, follower));
  }

  /** A projection, replica or reaction of another service's log. */
  follow(service: LogService, sink: EventSink): void {
    const { bus, rpc } = this.options;
    const report = this.reporter(sink);
    const consumer = new FrameConsumer({
      bus,
      rpc,
      service,
      log: logOf(service),
      sink: readableOnly(service, sink),
      report,
    });
    if (!sink.shared) this.replicas.push(consumer);
    this.foreign.set(service, [...(this.foreign.get(service) ?? []), this.reader(sink, consumer)]);
  }

  /** Begins what is shared. Read models have begun when it returns, so that the first request of a new server finds them empty, not absent. */
  async start(): Promise<void> {
    const { log } = this.options;
    for (const { sink } of this.own) {
      if (log && sink.shared && (await sink.position()) === null) await sink.reset(log.logId);
    }
    for (const reader of this.shared) await reader.lead();
  }

  /** Ends what is shared. */
  async stop(): Promise<void> {
    await Promise.all(this.shared.map((reader) => reader.follow()));
  }

  /** Begins what this process has for itself; returns when the leader, whoever it is, has begun what is shared of the own log. */
  async startLocal(): Promise<void> {
    for (const { feed } of this.local) await feed.start();
    for (const { sink } of this.own) {
      while ((await sink.position()) === null) await pause(this.options.bus.timers, LOOK_EVERY_MS);
    }
  }

  async stopLocal(): Promise<void> {
    await Promise.all(this.local.map(({ feed }) => feed.stop()));
  }

  /** Resolves when every replica has for the first time all that the other service's log held. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.replicas.map((consumer) => consumer.caughtUp()));
  }

  /** Waits until every reader here of that log has applied `pos`. @throws UNAVAILABLE (kind `unavailable`) after `withinMs` */
  async reached(service: string, pos: number, withinMs: number): Promise<void> {
    const readers = service === this.options.service ? this.own : (this.foreign.get(service as LogService) ?? []);
    const behind = readers.filter((reader) => reader.position() < pos);
    if (behind.length === 0) return;
    const over = new AbortController();
    const settled = Promise.all(behind.map((reader) => reader.settled(pos, over.signal)));
    const inTime = await doneWithin(systemTimers, withinMs, settled).finally(() => over.abort());
    if (!inTime) {
      throw new Refusal('REPLICA_BEHIND', 'unavailable', 'Not caught up yet', undefined, { retry_after_ms: 500 });
    }
  }

  /** Projections in the service's database, and whose log each reads. */
  projections(): { projection: PgProjection; source: LogService }[] {
    const own = this.own.map(({ sink }) => ({ sink, source: this.options.service as LogService }));
    const foreign = [...this.foreign].flatMap(([source, readers]) => readers.map(({ sink }) => ({ sink, source })));
    return [...own, ...foreign].flatMap(({ sink, source }) =>
      sink instanceof PgProjection ? [{ projection: sink, source }] : [],
    );
  }

  /** Name, position of every reader; for health and `ganglion status`. */
  positions(): Record<string, number> {
    const all = [...this.own, ...[...this.foreign.values()].flat()];
    return Object.fromEntries(all.map((reader) => [reader.sink.name, reader.position()]));
  }

  /** Name of every reader that this process feeds, and how many events it has not applied yet. */
  lags(): Record<string, number> {
    const shared = this.shared.map((reader) => [reader.sink.name, reader.lag()] as const);
    const local = this.local.map(({ sink, feed }) => [sink.name, feed.lag()] as const);
    return Object.fromEntries([...shared, ...local].filter((entry): entry is [string, number] => entry[1] !== null));
  }

  private reader(sink: EventSink, feed: Feed): Reader {
    if (sink.shared) {
      const reader = new SharedReader(sink, feed);
      this.shared.push(reader);
      return reader;
    }
    this.local.push({ sink, feed });
    return { sink, position: () => feed.position(), settled: (pos) => feed.settled(pos) };
  }

  private reporter(sink: EventSink) {
    return (error: unknown) =>
      this.options.logger.error({ err: error, reader: sink.name }, 'a reader of a log has stopped; it will try again');
  }
}

/** What a reaction or replica is made of when it keeps its position in memory only. */
export abstract class MemorySink implements EventSink {
  abstract readonly name: string;
  protected seen: { logId: string; pos: number } | null = null;

  async position() {
    return this.seen;
  }

  /** Position in memory, for the fence. */
  applied(): { logId: string; pos: number } {
    return this.seen ?? { logId: '', pos: 0 };
  }

  async apply(batch: StoredEvent[]): Promise<void> {
    for (const event of batch) this.applyOne(event);
    const last = batch.at(-1);
    if (last) this.seen = { logId: last.logId, pos: last.pos };
    this.afterApply(batch);
  }

  async reset(logId: string): Promise<number> {
    const pos = await this.load(logId);
    this.seen = { logId, pos };
    return pos;
  }

  protected abstract applyOne(event: StoredEvent): void;
  /** Empties itself and loads a snapshot. @returns the snapshot's position; 0 without one */
  protected abstract load(logId: string): Promise<number>;
  protected afterApply(_batch: StoredEvent[]): void {}
}
