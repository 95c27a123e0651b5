import type { EventLog, Owners } from '@ganglion/event-store';
import { subjects } from '@ganglion/contracts';
import { every } from '@ganglion/kernel';
import type { FrameBus } from '@ganglion/messaging';
import type { Logger } from '@ganglion/observability';
import type { Leadership } from './leadership.js';
import { LEADER, ownerless, planShards, type Sharding } from './share.js';

/** Long enough for a slow commit, short enough that a successor of a killed process is back within five seconds. */
export const LEASE_MS = 3_000;
const LOOK_EVERY_MS = 500;

export interface ShardKeeperOptions {
  log: EventLog;
  /** Name of this process. */
  instance: string;
  sharding: Sharding;
  bus: Pick<FrameBus, 'connected' | 'listen' | 'publishJson' | 'timers'>;
  leadership: Leadership;
  /** Takes the commands of these virtual shards and no others; resolves when no more of the others arrive. */
  serve: (owned: ReadonlySet<number>) => Promise<void>;
  logger: Logger;
}

/**
 * Keeps this process's share of its log: looks at the owners twice a second and whenever another process says that something
 * has changed; claims what is free and due, gives away what is too much, and leads if nobody does. A process that dies loses
 * everything when its leases run out; one that stops gives everything away at once.
 */
export class ShardKeeper {
  private owners: Owners | null = null;
  private turning: Promise<void> | null = null;
  private again = false;
  private stopped = false;
  private readonly ends: (() => void)[] = [];

  constructor(private readonly options: ShardKeeperOptions) {}

  /** Returns when this process has what it can have at once, and does the leader's work if it leads. */
  async start(): Promise<void> {
    const { log, bus, leadership } = this.options;
    this.ends.push(
      bus.listen(subjects.owners(log.log), (from) => from !== this.options.instance && void this.turn()),
      log.onOwnership(() => void this.follow()),
    );
    await this.once();
    this.notify();
    this.ends.push(every(bus.timers, LOOK_EVERY_MS, () => void this.turn()));
    await leadership.set(log.owns(LEADER));
  }

  /** Gives everything away. Nothing may be served any more when it is called. */
  async stop(): Promise<void> {
    const { log, sharding, leadership } = this.options;
    this.stopped = true;
    for (const end of this.ends.splice(0)) end();
    await this.turning;
    const shards = log.owned().filter((vshard) => vshard !== LEADER);
    // The others can go on with these while the leader's work ends, unless that work writes.
    if (sharding === 'spread') await this.giveAway(shards);
    await leadership.set(false);
    await this.giveAway(log.owned());
  }

  /** Virtual shards for which this process takes commands. */
  shards(): number {
    return this.options.log.owned().filter((vshard) => vshard !== LEADER).length;
  }

  /** Other processes of the service that live. */
  others(): number {
    return (this.owners?.candidates.length ?? 1) - 1;
  }

  /** What keeps the service from serving everybody, in words; empty: nothing. */
  problems(): string[] {
    if (!this.owners) return ['the owners of the log are not known yet'];
    const missing = ownerless({ kept: this.options.log.owned(), taken: this.owners.taken });
    return missing > 0 ? [`${missing} virtual shards have no owner; whoever had them has stopped or died`] : [];
  }

  /** One look after the other; whoever asks meanwhile gets another one after it. */
  private turn(): Promise<void> {
    this.again = true;
    this.turning ??= this.turns().finally(() => (this.turning = null));
    return this.turning;
  }

  private async turns(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      try {
        await this.once();
      } catch (err) {
        // A database that is away cannot give the log to anybody else either.
        this.options.logger.warn({ err }, 'the leases of the log were not renewed');
      }
    }
  }

  private async once(): Promise<void> {
    const { log, sharding, logger } = this.options;
    const owners = await log.look(LEASE_MS);
    this.owners = owners;
    const { claim, release } = planShards(log.holder, sharding, owners);
    if (release.length > 0) {
      await this.options.serve(this.shardsBut(release));
      await this.giveAway(release);
    }
    if (claim.length > 0) {
      const claimed = await log.claim(claim, { leaseMs: LEASE_MS, onlyFree: true });
      if (claimed.length > 0)
        logger.info({ claimed: claimed.length, owned: log.owned().length }, 'owns more of the log');
    }
  }

  /** Every gain and loss, whoever noticed it. */
  private async follow(): Promise<void> {
    const { log, leadership, serve, logger } = this.options;
    if (this.stopped) return;
    leadership.set(log.owns(LEADER)).catch((err: unknown) => logger.error({ err }, 'cannot lead the log'));
    await serve(this.shardsBut([]));
  }

  private shardsBut(released: readonly number[]): Set<number> {
    const without = new Set([LEADER, ...released]);
    return new Set(this.options.log.owned().filter((vshard) => !without.has(vshard)));
  }

  private async giveAway(vshards: readonly number[]): Promise<void> {
    if (vshards.length === 0) return;
    try {
      await this.options.log.release(vshards);
    } catch (err) {
      this.options.logger.warn({ err }, 'the database is away; what is given up is free when its leases run out');
    }
    this.notify();
  }

  /** Others look at once rather than at their next turn. */
  private notify(): void {
    const { bus, log, instance } = this.options;
    if (bus.connected) bus.publishJson(subjects.owners(log.log), instance);
  }
}
