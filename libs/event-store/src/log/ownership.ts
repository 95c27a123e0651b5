import type { Clock } from '@ganglion/kernel';
import { Fenced } from './event-log.errors.js';
import type { Queryable } from './schema.js';

type ClaimRow = { claimed: number; claimed_epoch: string };

/** What a claim has brought in the database. */
export interface Claimed {
  vshard: number;
  epoch: number;
  /** Monotonic ms. */
  endsMs: number;
}

/** What a look at the owners of a log shows. Virtual shards ascending. */
export interface Owners {
  /** Ours still, their lease prolonged. */
  kept: number[];
  /** Others hold a running lease on these. */
  taken: number[];
  /** Every process that wants shards of this log and was heard of within a lease, us among them; ascending. */
  candidates: string[];
}

/** Which virtual shards this process may write, by which epoch, and until when nobody else can have taken them. */
export class Ownership {
  private readonly epochs = new Map<number, number>();
  /** Monotonic ms; counted from when the lease was asked for, so that it ends here before it ends in the database. */
  private readonly leaseEndsMs = new Map<number, number>();
  private readonly listeners = new Set<(owned: number[]) => void>();

  constructor(private readonly options: { log: string; logId: string; holder: string; clock: Clock }) {}

  get holder(): string {
    return this.options.holder;
  }

  owned(): number[] {
    return [...this.epochs.keys()].sort((a, b) => a - b);
  }

  owns(vshard: number): boolean {
    return this.epochs.has(vshard);
  }

  /** Nobody else can have written for it: its lease has not run out, also if this process was stopped for a while. */
  ownsSurely(vshard: number): boolean {
    return this.options.clock.monotonicMs() < (this.leaseEndsMs.get(vshard) ?? -Infinity);
  }

  /** @throws Fenced when one of them is not owned */
  epochsFor(events: readonly { vshard: number }[]): ReadonlyMap<number, number> {
    const needed = new Map<number, number>();
    for (const { vshard } of events) {
      const epoch = this.epochs.get(vshard);
      if (epoch === undefined) throw new Fenced([vshard]);
      needed.set(vshard, epoch);
    }
    return needed;
  }

  /**
   * Nothing is owned by it yet: the caller first has to learn what the owner before has written, and then `adopt`s what it got.
   * @returns of `vshards` all, unless `onlyFree` left some to a holder whose lease runs
   */
  async claim(
    client: Queryable,
    vshards: readonly number[],
    lease: { leaseMs?: number; onlyFree?: boolean },
  ): Promise<Claimed[]> {
    const { log, logId, holder, clock } = this.options;
    const endsMs = clock.monotonicMs() + (lease.leaseMs ?? Infinity);
    const { rows } = await client.query<ClaimRow>({
      text: 'select claimed, claimed_epoch from claim($1, $2, $3, $4, $5, $6)',
      values: [log, logId, [...new Set(vshards)], holder, lease.leaseMs ?? null, lease.onlyFree ?? false],
    });
    return rows.map((row) => ({ vshard: row.claimed, epoch: Number(row.claimed_epoch), endsMs }));
  }

  adopt(claimed: readonly Claimed[]): void {
    for (const { vshard, epoch, endsMs } of claimed) {
      this.epochs.set(vshard, epoch);
      this.leaseEndsMs.set(vshard, endsMs);
    }
    if (claimed.length > 0) this.tell();
  }

  /**
   * Raises the epoch of what is still ours and forgets what somebody else has taken.
   * @param inDoubt  shards for which a statement may be under way still, given away or not: it must have ended afterwards, or fail
   */
  async reclaim(client: Queryable, inDoubt: readonly number[] = []): Promise<void> {
    const vshards = [...new Set([...this.owned(), ...inDoubt])];
    if (vshards.length === 0) return;
    const { log, logId, holder } = this.options;
    const { rows } = await client.query<ClaimRow>({
      text: 'select claimed, claimed_epoch from reclaim($1, $2, $3, $4)',
      values: [log, logId, vshards, holder],
    });
    const kept = new Set(rows.map((row) => row.claimed));
    this.lose(vshards.filter((vshard) => !kept.has(vshard)));
    // What was given away, before or meanwhile, stays given away.
    for (const row of rows) if (this.epochs.has(row.claimed)) this.epochs.set(row.claimed, Number(row.claimed_epoch));
  }

  /** Says that this process wants shards, prolongs the lease of those it owns, and tells who else there is. */
  async look(client: Queryable, leaseMs: number): Promise<Owners> {
    const { log, holder, clock } = this.options;
    const endsMs = clock.monotonicMs() + leaseMs;
    const ours = this.owned();
    const { rows } = await client.query<Owners>({
      name: 'event_store_look',
      text: `with me as (
          insert into candidate (log, holder, until) values ($1, $2, clock_timestamp() + $4 * interval '1 ms')
          on conflict (log, holder) do update set until = excluded.until
        ), over as (
          delete from candidate where log = $1 and holder <> $2 and until < clock_timestamp() - interval '1 hour'
        ), renewed as (
          update owner set until = clock_timestamp() + $4 * interval '1 ms'
          where log = $1 and holder = $2 and vshard = any($3) returning vshard
        )
        select
          array(select vshard from renewed order by vshard) as kept,
          array(select vshard from owner where log = $1 and holder <> $2 and (until is null or until >= clock_timestamp())
            order by vshard) as taken,
          array(select holder from candidate where log = $1 and holder <> $2 and until >= clock_timestamp()
            union select $2 order by 1) as candidates`,
      values: [log, holder, ours, leaseMs],
    });
    const found = rows[0]!;
    const kept = new Set(found.kept);
    for (const vshard of kept) if (this.epochs.has(vshard)) this.leaseEndsMs.set(vshard, endsMs);
    this.lose(ours.filter((vshard) => !kept.has(vshard)));
    return found;
  }

  /** Lets others claim these. Whoever writes for one of them afterwards is refused, also if it was under way. */
  async release(client: Queryable, vshards: readonly number[]): Promise<void> {
    const { log, holder } = this.options;
    this.lose(vshards);
    await client.query({
      text: 'update owner set until = clock_timestamp() where log = $1 and holder = $2 and vshard = any($3)',
      values: [log, holder, vshards],
    });
  }

  /** Lets others claim all of ours and have our share. */
  async leave(client: Queryable): Promise<void> {
    const { log, holder } = this.options;
    await this.release(client, this.owned());
    await client.query({ text: 'delete from candidate where log = $1 and holder = $2', values: [log, holder] });
  }

  /** Takes from an append's refusal what it says about ownership. */
  learn(error: unknown): void {
    if (error instanceof Fenced) this.lose(error.vshards);
  }

  /** Told after every gain and loss. @returns ends it */
  onChange(listener: (owned: number[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of this.listeners) listener(this.owned());
  }

  private lose(vshards: readonly number[]): void {
    for (const vshard of vshards) this.leaseEndsMs.delete(vshard);
    const lost = vshards.filter((vshard) => this.epochs.delete(vshard));
    if (lost.length > 0) this.tell();
  }
}
