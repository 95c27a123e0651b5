import type { EventMeta, StoredEvent } from '@ganglion/contracts';
import { type Decider, type Event, vshardOf as hashOf } from '@ganglion/kernel';
import { LRUCache } from 'lru-cache';
import type { NewEvent } from '../log/entry.js';
import { Fenced, VersionConflict } from '../log/event-log.errors.js';
import type { EventLog } from '../log/event-log.js';
import { InOrder } from './in-order.js';
import { type Folded, type SnapshotOptions, Snapshots } from './snapshots.js';

export interface AggregatesOptions<S, E extends Event> {
  log: EventLog;
  decider: Decider<S, E>;
  streamOf: (id: string) => string;
  /** Virtual shard that owns an aggregate; by default the hash of its id. */
  vshardOf?: (id: string) => number;
  /** Folded states kept in memory. */
  maxCached?: number;
  /** For streams that grow long. Absent: every state is folded from the beginning of its stream. */
  snapshots?: SnapshotOptions<S>;
}

export interface Handled<S> {
  /** What was appended, without `also`; empty when nothing was decided. */
  events: StoredEvent[];
  state: S;
  /** Position a later read must have reached in order to see this: of the last event appended, or the head when there was none. */
  pos: number;
}

/** Where an aggregate's events stand, and who may write them. */
interface Address {
  stream: string;
  vshard: number;
}

/** More than anything but a fight over one stream needs. */
const MAX_ATTEMPTS = 5;
/** Events read at once, so that a long stream takes no more memory than its state. */
const PAGE = 1_000;

/**
 * Aggregates of one kind: load, fold, decide, append. Decisions about one aggregate happen one after the other, decisions
 * about different ones together, each in the process that owns the aggregate's virtual shard. States stay in memory; those
 * that another process may have changed are brought up to date from the log before anybody sees them.
 */
export class Aggregates<S, E extends Event> {
  private readonly cache: LRUCache<string, Folded<S>>;
  private readonly inOrder = new InOrder();
  /** Newest version committed for a stream while somebody works on it: what is being loaded may be older already. */
  private readonly newest = new Map<string, number>();
  private readonly snapshots: Snapshots<S> | null;

  constructor(private readonly options: AggregatesOptions<S, E>) {
    this.cache = new LRUCache({ max: options.maxCached ?? 10_000 });
    this.snapshots = options.snapshots ? new Snapshots(options.log.snapshots, options.snapshots) : null;
    options.log.onCommitted((batch) => this.forgetOlder(batch));
    // While somebody else owned a shard he may have changed anything in it.
    options.log.onOwnership(() => this.forgetAll());
  }

  /**
   * @param decide  pure; throws a refusal, or returns what happened. Called again with newer state after a conflict.
   * @param also  events of other streams that must be committed together with these; called once per attempt, only when
   *              something was decided, and reads the other stream's version itself
   *              and names the virtual shard of this aggregate: a commit has one owner
   * @throws  what `decide` and `also` throw; VersionConflict when it cannot win; Fenced when another process owns the
   *          aggregate, before `decide` is asked or when it has been taken over meanwhile; Overloaded, LogUnavailable
   */
  handle(
    id: string,
    decide: (state: S) => E[],
    meta: EventMeta,
    also?: (events: E[]) => NewEvent[] | Promise<NewEvent[]>,
  ): Promise<Handled<S>> {
    const at = this.addressOf(id);
    return this.alone(at.stream, async () => {
      this.mustOwnShard(at.vshard);
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.attempt(at, decide, meta, also);
        } catch (error) {
          if (!(error instanceof VersionConflict) || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    });
  }

  /** State after every decision made before this call, by whichever process. */
  state(id: string): Promise<S> {
    const at = this.addressOf(id);
    return this.alone(at.stream, async () => (await this.load(at)).state);
  }

  /** To be asked before anything is done that must not be done twice. @throws Fenced when another process owns it */
  mustOwn(id: string): void {
    this.mustOwnShard(this.vshardOf(id));
  }

  owns(id: string): boolean {
    return this.options.log.owns(this.vshardOf(id));
  }

  vshardOf(id: string): number {
    return (this.options.vshardOf ?? hashOf)(id);
  }

  /**
   * State as of the last commit, without waiting for what is under way. Undefined: not in memory, or not sure to be the newest.
   * For looking only: what is decided on it may be outdated before it is appended.
   */
  peek(id: string): S | undefined {
    if (!this.options.log.ownsSurely(this.vshardOf(id))) return undefined;
    return this.cache.get(this.options.streamOf(id))?.state;
  }

  /** Hashing the id is not free, and every decision needs both. */
  private addressOf(id: string): Address {
    return { stream: this.options.streamOf(id), vshard: this.vshardOf(id) };
  }

  private mustOwnShard(vshard: number): void {
    if (!this.options.log.owns(vshard)) throw new Fenced([vshard]);
  }

  private alone<T>(stream: string, work: () => Promise<T>): Promise<T> {
    return this.inOrder.run(stream, () => {
      this.newest.delete(stream);
      return work().finally(() => this.newest.delete(stream));
    });
  }

  private async attempt(
    at: Address,
    decide: (state: S) => E[],
    meta: EventMeta,
    also?: (events: E[]) => NewEvent[] | Promise<NewEvent[]>,
  ): Promise<Handled<S>> {
    const { log } = this.options;
    const { stream, vshard } = at;
    const before = await this.load(at);
    const decided = decide(before.state);
    if (decided.length === 0) return { events: [], state: before.state, pos: log.head() };
    const ver = (i: number) => before.ver + 1 + i;
    const news = decided.map(({ type, data, keyId }, i) => ({ stream, ver: ver(i), vshard, type, data, meta, keyId }));
    const stored = await this.append(stream, [...news, ...((await also?.(decided)) ?? [])]);
    const events = stored.slice(0, decided.length);
    const { state } = this.remember(stream, this.fold(before, events));
    return { events, state, pos: stored.at(-1)!.pos };
  }

  private async load({ stream, vshard }: Address): Promise<Folded<S>> {
    const cached = this.cache.get(stream);
    // Whoever does not own it, or has been stopped for longer than its lease, may have missed what the owner wrote.
    if (cached)
      return this.options.log.ownsSurely(vshard) ? cached : this.remember(stream, await this.foldRest(stream, cached));
    const start = (await this.snapshots?.read(stream)) ?? this.start();
    return this.remember(stream, await this.foldRest(stream, start));
  }

  private start(): Folded<S> {
    return { state: this.options.decider.initial(), ver: 0, kept: { ver: 0, chars: 0 } };
  }

  private async foldRest(stream: string, from: Folded<S>): Promise<Folded<S>> {
    for (let folded = from; ;) {
      const page = await this.options.log.readStream(stream, folded.ver, PAGE);
      folded = this.fold(folded, page);
      if (page.length < PAGE) return folded;
    }
  }

  private fold(from: Folded<S>, events: readonly StoredEvent[]): Folded<S> {
    const { decider } = this.options;
    // The log holds what this kind's `decide` produced; `evolve` leaves alone what it does not know.
    const state = events.reduce((state, event) => decider.evolve(state, event as unknown as E), from.state);
    return { ...from, state, ver: events.at(-1)?.ver ?? from.ver };
  }

  private async append(stream: string, events: NewEvent[]): Promise<StoredEvent[]> {
    try {
      return await this.options.log.append(events);
    } catch (error) {
      // Whatever went wrong, what is in memory may not be what is in the log.
      this.cache.delete(stream);
      throw error;
    }
  }

  private remember(stream: string, folded: Folded<S>): Folded<S> {
    if ((this.newest.get(stream) ?? 0) <= folded.ver) {
      this.cache.set(stream, folded);
      this.snapshots?.offer(stream, folded, () => this.cache.peek(stream));
    }
    return folded;
  }

  /** Our own decisions, which are remembered right after, and what another aggregate's `also` wrote to a stream of ours. */
  private forgetOlder(batch: readonly StoredEvent[]): void {
    for (const { stream, ver } of batch) {
      const cached = this.cache.peek(stream);
      if (cached && cached.ver < ver) this.cache.delete(stream);
      if (this.inOrder.has(stream)) this.newest.set(stream, Math.max(ver, this.newest.get(stream) ?? 0));
    }
  }

  private forgetAll(): void {
    this.cache.clear();
    for (const stream of this.inOrder.keys()) this.newest.set(stream, Infinity);
  }
}
