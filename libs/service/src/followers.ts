import { logOf, type EventSink, type LogService, type StoredEvent } from '@ganglion/contracts';
import { LogFollower, type EventLog } from '@ganglion/event-store';
import { Refusal } from '@ganglion/kernel';
import { FrameConsumer, type Bus, type RpcClient } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';

interface Follower {
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
  settled(pos: number): Promise<void>;
  position(): number;
}

/** What reads a log in this process: projections and reactions of its own events, replicas of other services' events. */
export class Followers {
  private readonly own: { sink: EventSink; follower: Follower }[] = [];
  private readonly foreign = new Map<LogService, { sink: EventSink; follower: FrameConsumer }[]>();

  constructor(
    private readonly options: { service: string; log: EventLog | null; bus: Bus; rpc: RpcClient; logger: Logger },
  ) {}

  /** A projection or reaction of this service's own log. */
  followOwn(sink: EventSink): void {
    const { log } = this.options;
    if (!log) throw new Error('this service has no log of its own');
    this.own.push({ sink, follower: new LogFollower({ log, sink, report: this.reporter(sink) }) });
  }

  /** A projection, replica or reaction of another service's log. */
  follow(service: LogService, sink: EventSink): void {
    const { bus, rpc } = this.options;
    const report = this.reporter(sink);
    const follower = new FrameConsumer({ bus, rpc, service, log: logOf(service), sink, report });
    this.foreign.set(service, [...(this.foreign.get(service) ?? []), { sink, follower }]);
  }

  /** Own read models have begun when it returns, so that the first request of a new server finds them empty, not absent. */
  async start(): Promise<void> {
    const { log } = this.options;
    for (const { sink } of this.own) if (log && (await sink.position()) === null) await sink.reset(log.logId);
    await Promise.all(this.all().map(({ follower }) => follower.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map(({ follower }) => follower.stop()));
  }

  /** Resolves when every reader of another service's log has for the first time all that the log held. */
  async caughtUp(): Promise<void> {
    await Promise.all([...this.foreign.values()].flat().map(({ follower }) => follower.caughtUp()));
  }

  /** Waits until every reader here of that log has applied `pos`. @throws UNAVAILABLE (kind `unavailable`) after `withinMs` */
  async reached(service: string, pos: number, withinMs: number): Promise<void> {
    const readers = service === this.options.service ? this.own : (this.foreign.get(service as LogService) ?? []);
    const behind = readers.filter(({ follower }) => follower.position() < pos);
    if (behind.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const refusal = new Refusal('REPLICA_BEHIND', 'unavailable', 'Not caught up yet', undefined, {
        retry_after_ms: 500,
      });
      timer = setTimeout(() => reject(refusal), withinMs);
    });
    try {
      await Promise.race([late, Promise.all(behind.map(({ follower }) => follower.settled(pos)))]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Name, position of every reader; for health and `ganglion status`. */
  positions(): Record<string, number> {
    return Object.fromEntries(this.all().map(({ sink, follower }) => [sink.name, follower.position()]));
  }

  private all() {
    return [...this.own, ...[...this.foreign.values()].flat()];
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
