import type { StoredEvent } from '@ganglion/contracts';
import { FenceMember } from '@ganglion/fence';
import { ensureStreams } from '@ganglion/messaging';
import { Followers, MemorySink } from '@ganglion/service';
import type { HeardRow } from '../database/tables.js';
import { SimBus } from '../network/sim-bus.js';
import { SimRpc } from '../network/sim-rpc.js';
import type { Life } from '../time/life.js';
import { heard } from './heard-projection.js';
import { ConnectedProcess } from './connected-process.js';
import { LOG, SERVICE, silent, SNAPSHOT_SUBJECT, STREAMS_NEEDED, type Site } from './site.js';

const RENEW_EVERY_MS = 1_000;

/** Every event in memory: begun with a snapshot, kept by frames. */
export class HeardReplica extends MemorySink {
  readonly name = 'gateway.heard';
  rows: HeardRow[] = [];
  /** Payloads it has: what has happened is in force here. */
  private payloads = new Set<string>();
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly rpc: SimRpc) {
    super();
  }

  has(payload: string): boolean {
    return this.payloads.has(payload);
  }

  onApplied(listener: () => void): void {
    this.listeners.push(listener);
  }

  protected async load(logId: string): Promise<number> {
    const page = await this.rpc.ask<{ logId: string; pos: number; rows: HeardRow[] }>(
      SNAPSHOT_SUBJECT,
      {},
      { budgetMs: 3_000 },
    );
    if (page.logId !== logId) throw new Error(`the snapshot is of the log ${page.logId}, the frames are of ${logId}`);
    this.rows = page.rows;
    this.payloads = new Set(page.rows.map(({ payload }) => (JSON.parse(payload) as { payload: string }).payload));
    return page.pos;
  }

  protected applyOne(event: StoredEvent): void {
    this.rows.push(heard(event));
    this.payloads.add((event.data as { payload: string }).payload);
  }

  protected override afterApply(): void {
    for (const listener of this.listeners) listener();
  }
}

/** A gateway: serves from a replica, and where there is a fence only while the fence lets it. */
export class ReplicaProcess extends ConnectedProcess {
  private constructor(
    life: Life,
    bus: SimBus,
    readonly replica: HeardReplica,
    readonly member: FenceMember | null,
    private readonly followers: Followers,
  ) {
    super(life, bus, null);
  }

  static async start(life: Life, site: Site): Promise<ReplicaProcess> {
    const bus = new SimBus(life, site.nats);
    await bus.connect();
    await ensureStreams(bus, { replicas: 1 }, STREAMS_NEEDED);
    const rpc = new SimRpc(bus);
    const replica = new HeardReplica(rpc);
    const followers = new Followers({ service: 'gateway', log: null, bus, rpc, logger: silent });
    followers.follow(SERVICE, replica);
    const member =
      site.fence &&
      new FenceMember({
        bus,
        log: LOG,
        memberId: life.name,
        applied: () => replica.applied(),
        clock: life.clock,
        timers: life.timers,
        times: site.fence,
        renewEveryMs: RENEW_EVERY_MS,
        logger: silent,
      });
    if (member) replica.onApplied(() => member.appliedNow());
    await followers.startLocal();
    await followers.caughtUp();
    member?.start();
    return new ReplicaProcess(life, bus, replica, member, followers);
  }

  /** Whether it would let somebody do what that payload has ended. */
  wouldServe(payload: string): boolean {
    return this.member !== null && this.member.mayServe() && !this.replica.has(payload);
  }

  async stop(): Promise<void> {
    this.member?.stop();
    await this.followers.stopLocal();
  }
}
