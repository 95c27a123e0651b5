import type { StoredEvent } from '@ganglion/contracts';
import { type Clock, type Ids, UPPER_LETTERS } from '@ganglion/kernel';
import type pg from 'pg';
import type { EventStoreMetrics } from '../metrics.js';
import { systemTimers, type Timers } from '../timers.js';
import { committed, type LogEntry, type NewEvent, prepare, type PreparedEvent } from './entry.js';
import { checkEventTypes, type EventTypes } from './event-types.js';
import { LogReplaced } from './event-log.errors.js';
import { GroupCommit } from './group-commit.js';
import { Head } from './head.js';
import { LogReader } from './log-reader.js';
import { LogWriter, type Written } from './log-writer.js';
import type { Owners } from './ownership.js';
import { SnapshotStore } from './snapshot-store.js';

export interface EventLogOptions {
  /** For reading. An idle connection of it that breaks is the pool's own affair: the log listens to its `error` event. */
  pool: pg.Pool;
  /** Makes the dedicated connection for writing, already connected. Called again whenever it breaks. */
  connect: () => Promise<pg.Client>;
  service: string;
  log: string;
  types: EventTypes;
  clock: Clock;
  ids: Ids;
  /** Name of this process for people who look into `owner`; made unique by a suffix. */
  holder: string;
  /** Events accepted and not yet committed before `Overloaded`. */
  maxQueued?: number;
  /** How long an append goes on trying when the database is away. */
  patienceMs?: number;
  /** A statement without an answer for so long counts as lost. */
  answerWithinMs?: number;
  timers?: Timers;
  metrics?: EventStoreMetrics;
  /** Errors of background work that no caller waits for, such as `LogReplaced`, after which the process should restart. */
  report?: (error: unknown) => void;
}

type CommitListener = (batch: StoredEvent[], json: string[]) => void;

/**
 * The event log of one service: append with group commit, read by position or stream. Any number of processes may have one
 * log open; each appends only for the virtual shards it has claimed.
 */
export class EventLog {
  readonly service: string;
  readonly log: string;
  readonly pool: pg.Pool;
  /** States of its streams, kept beside it so that they need not be folded from the beginning. */
  readonly snapshots: SnapshotStore;
  private readonly group: GroupCommit;
  private readonly listeners = new Set<CommitListener>();

  private constructor(
    private readonly options: EventLogOptions,
    /** Identity of the log; another one means another history. */
    readonly logId: string,
    private readonly reader: LogReader,
    private readonly writer: LogWriter,
    private readonly heads: Head,
  ) {
    ({ service: this.service, log: this.log, pool: this.pool } = options);
    this.snapshots = new SnapshotStore({ ...options, logId });
    this.group = new GroupCommit({
      log: options.log,
      write: (events) => writer.write(events),
      onWritten: (events, written) => this.publish(events, written),
      maxQueued: options.maxQueued ?? 5_000,
      clock: options.clock,
      timers: options.timers ?? systemTimers,
      metrics: options.metrics ?? {},
    });
  }

  /** @throws Error when `types` lacks an upcaster or the tables are absent; LogUnavailable */
  static async open(options: EventLogOptions): Promise<EventLog> {
    checkEventTypes(options.types);
    const { pool, log, types, timers = systemTimers, report = raise } = options;
    if (!pool.listeners('error').includes(ignoreIdle)) pool.on('error', ignoreIdle);
    const reader = new LogReader(pool, log, types);
    const { logId, head } = await reader.create();
    const holder = `${options.holder}#${options.ids.random(8, UPPER_LETTERS)}`;
    const writer = new LogWriter({ patienceMs: 5_000, answerWithinMs: 3_000, ...options, timers, logId, holder });
    await writer.open();
    const heads = new Head({ reader, log, logId, timers, report }, head);
    heads.startPolling();
    return new EventLog(options, logId, reader, writer, heads);
  }

  /** Last committed position this process knows of, from memory; 0 when the log is empty. */
  head(): number {
    return this.heads.get();
  }

  /** The same, asked of the database. @throws LogReplaced, LogUnavailable */
  refreshHead(): Promise<number> {
    return this.heads.refresh();
  }

  /** Called after `head()` has grown, by whoever's commit. @returns ends it */
  onAdvanced(listener: () => void): () => void {
    return this.heads.onAdvanced(listener);
  }

  /**
   * Takes virtual shards over: raises their epoch, after every append under way, so that whoever had them is refused. When it
   * returns, `head()` is beyond everything the owners before have written for them.
   * @param lease  `leaseMs`: free for others when not renewed in time (absent: held until claimed);
   *               `onlyFree`: leave alone what another holder has a running lease on
   * @returns those of `vshards` owned now, ascending
   * @throws  LogUnavailable, LogReplaced
   */
  claim(vshards: readonly number[], lease: { leaseMs?: number; onlyFree?: boolean } = {}): Promise<number[]> {
    return this.group.inTurn(async () => {
      const claimed = await this.writer.claim(vshards, lease);
      // Not before it is known how far the owners before have come; if that fails, nothing is owned, and to be claimed again.
      if (claimed.length > 0) await this.heads.refresh();
      this.writer.ownership.adopt(claimed);
      return claimed.map(({ vshard }) => vshard).sort((a, b) => a - b);
    });
  }

  /** Prolongs the lease of everything owned, announces this process to the others, and tells who owns the rest. */
  look(leaseMs: number): Promise<Owners> {
    return this.writer.ownership.look(this.pool, leaseMs);
  }

  /** Lets others claim these. What is under way for them here is refused with `Fenced` from now on. */
  release(vshards: readonly number[]): Promise<void> {
    return this.writer.ownership.release(this.pool, vshards);
  }

  /** Unique name of this process in `owner`. */
  get holder(): string {
    return this.writer.ownership.holder;
  }

  /** Virtual shards this process may append for, ascending. */
  owned(): number[] {
    return this.writer.ownership.owned();
  }

  owns(vshard: number): boolean {
    return this.writer.ownership.owns(vshard);
  }

  /** Owned, and nobody else can have taken it, even if this process was stopped for a while: memory is as good as the log. */
  ownsSurely(vshard: number): boolean {
    return this.writer.ownership.ownsSurely(vshard);
  }

  /** Another process says that it has committed so far. */
  heard(pos: number): void {
    this.heads.advance(pos);
  }

  /** Told after every claim and every loss. What was derived from streams of these shards may be stale. @returns ends it */
  onOwnership(listener: (owned: number[]) => void): () => void {
    return this.writer.ownership.onChange(listener);
  }

  /**
   * All or nothing, durable when it returns, in one commit with whatever else is queued.
   * @returns the events as a reader gets them, in the order given, positions dense
   * @throws  VersionConflict, Fenced, Overloaded: nothing was written. LogUnavailable: see its `outcome`.
   */
  async append(events: readonly NewEvent[]): Promise<StoredEvent[]> {
    if (events.length === 0) return [];
    // Refused here already, so that whoever asks the wrong instance does not break up the batches of the others.
    this.writer.ownership.epochsFor(events);
    const { types, ids } = this.options;
    const prepared = events.map((event) => prepare(event, types, ids));
    return this.group.append(prepared);
  }

  /** Ascending, without holes, at the current payload versions. Empty: nothing after `pos`. @throws LogReplaced, LogUnavailable */
  async readAfter(pos: number, limit: number): Promise<StoredEvent[]> {
    return (await this.readEntries(pos, limit)).map(({ event }) => event);
  }

  /** The same, each with its JSON as frames carry it. */
  async readEntries(pos: number, limit: number): Promise<LogEntry[]> {
    return this.ours(await this.reader.after(pos, limit));
  }

  /** Versions after `afterVer`, ascending. @param limit  of a page (> 0); absent: all of them */
  async readStream(stream: string, afterVer = 0, limit?: number): Promise<StoredEvent[]> {
    return this.ours(await this.reader.stream(stream, afterVer, limit ?? null)).map(({ event }) => event);
  }

  /** A position or a version means nothing in another history, and what was read there must not be taken for this one's. */
  private ours(entries: LogEntry[]): LogEntry[] {
    if (entries.some(({ event }) => event.logId !== this.logId)) throw new LogReplaced(this.log);
    return entries;
  }

  /**
   * Commits of this process, in position order, before the caller of `append` hears of them. Commits of other processes lie
   * between: a follower sees the gap in the positions and reads. A listener must not throw and must not wait.
   * @returns ends it
   */
  onCommitted(listener: CommitListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Finishes what was accepted, refuses what comes after, gives up what it owned. */
  async close(): Promise<void> {
    await this.group.close();
    await this.snapshots.close();
    this.heads.stop();
    await this.writer.close();
  }

  private publish(events: readonly PreparedEvent[], { first, atMs }: Written): StoredEvent[] {
    const entries = events.map((event, i) => committed(event, this.logId, first + i, atMs));
    const stored = entries.map(({ event }) => event);
    if (this.listeners.size > 0) {
      const json = entries.map((entry) => entry.json);
      for (const listener of this.listeners) listener(stored, json);
    }
    this.heads.advance(first + events.length - 1);
    return stored;
  }
}

/** A pooled connection that broke while idle is replaced by the pool; without a listener it would end the process. */
function ignoreIdle(): void {}

/** Nobody waits for background work: an error nobody asked to hear of must not vanish. */
function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
