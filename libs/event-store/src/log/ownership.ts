import { Fenced } from './event-log.errors.js';
import type { Queryable } from './schema.js';

type ClaimRow = { claimed: number; claimed_epoch: string };

/** Which virtual shards this process may write, and by which epoch. */
export class Ownership {
  private readonly epochs = new Map<number, number>();
  private readonly listeners = new Set<(owned: number[]) => void>();

  constructor(private readonly options: { log: string; logId: string; holder: string }) {}

  owned(): number[] {
    return [...this.epochs.keys()].sort((a, b) => a - b);
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

  /** @returns those of `vshards` that are owned now: all, unless `onlyFree` left some to a holder whose lease runs */
  async claim(
    client: Queryable,
    vshards: readonly number[],
    lease: { leaseMs?: number; onlyFree?: boolean },
  ): Promise<number[]> {
    const { log, logId, holder } = this.options;
    const { rows } = await client.query<ClaimRow>({
      text: 'select claimed, claimed_epoch from claim($1, $2, $3, $4, $5, $6)',
      values: [log, logId, [...new Set(vshards)], holder, lease.leaseMs ?? null, lease.onlyFree ?? false],
    });
    for (const row of rows) this.epochs.set(row.claimed, Number(row.claimed_epoch));
    this.tell();
    return rows.map((row) => row.claimed).sort((a, b) => a - b);
  }

  /** Raises the epoch of what is still ours and forgets what somebody else has taken. */
  async reclaim(client: Queryable): Promise<void> {
    if (this.epochs.size === 0) return;
    const { log, logId, holder } = this.options;
    const { rows } = await client.query<ClaimRow>({
      text: 'select claimed, claimed_epoch from reclaim($1, $2, $3, $4)',
      values: [log, logId, this.owned(), holder],
    });
    const lost = this.epochs.size > rows.length;
    this.epochs.clear();
    for (const row of rows) this.epochs.set(row.claimed, Number(row.claimed_epoch));
    if (lost) this.tell();
  }

  /** Prolongs the lease of everything owned. @returns what is owned still */
  async renew(client: Queryable, leaseMs: number): Promise<number[]> {
    const { log, holder } = this.options;
    const { rows } = await client.query<{ vshard: number }>({
      name: 'event_store_renew',
      text: `update owner set until = clock_timestamp() + $4 * interval '1 ms'
        where log = $1 and holder = $2 and vshard = any($3) returning vshard`,
      values: [log, holder, this.owned(), leaseMs],
    });
    const kept = new Set(rows.map(({ vshard }) => vshard));
    this.lose(this.owned().filter((vshard) => !kept.has(vshard)));
    return this.owned();
  }

  /** Lets others claim what is free: all of ours. */
  async release(client: Queryable): Promise<void> {
    const { log, holder } = this.options;
    await client.query({
      text: 'update owner set until = clock_timestamp() where log = $1 and holder = $2',
      values: [log, holder],
    });
    this.lose(this.owned());
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

  private lose(vshards: readonly number[]): void {
    const lost = vshards.filter((vshard) => this.epochs.delete(vshard));
    if (lost.length > 0) this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener(this.owned());
  }
}
