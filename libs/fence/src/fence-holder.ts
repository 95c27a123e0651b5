import { subjects, type LogPosition } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import type { FenceBus } from './fence-bus.js';
import type { Acknowledgement, BarrierNotice, Farewell, Lease, Renewal } from './fence-messages.js';
import { HolderState, type Barrier, type FenceTimes } from './holder-state.js';

/** Remembers members across restarts of the writer, so that it knows whom to wait for. */
export interface MemberStore {
  load(): Promise<string[]>;
  add(memberId: string): Promise<void>;
  remove(memberIds: string[]): Promise<void>;
}

/** How often a barrier is said again to members that have not answered, and leases are looked at. */
const TICK_MS = 50;

/**
 * The writer's side of the fence of one log. Reads renewals and acknowledgements, writes nothing but the list of members.
 * If it dies half-way, a revocation is committed but not answered; its successor waits for all members again.
 */
export class FenceHolder {
  private readonly state: HolderState;
  private readonly stops: (() => void)[] = [];
  private readonly waiting = new Map<Barrier, () => void>();
  /** Members that are on disk. */
  private readonly stored = new Set<string>();
  private writes: Promise<void> = Promise.resolve();
  private lives = 1;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: {
      bus: FenceBus;
      log: string;
      /** Unique per process life. */
      holderId: string;
      head: () => LogPosition;
      store: MemberStore;
      clock: Clock;
      times: FenceTimes;
      logger: Logger;
    },
  ) {
    this.state = new HolderState(options.times);
  }

  async start(): Promise<void> {
    const { bus, log, store, clock } = this.options;
    const known = await store.load();
    for (const id of known) this.stored.add(id);
    this.state.suspect(known, clock.monotonicMs());
    this.stops.push(
      bus.serve(subjects.fenceRenew(log), (body) => this.renew(body as Renewal)),
      bus.listen(subjects.fenceAck(log), (body) => this.acknowledge(body as Acknowledgement)),
      bus.listen(subjects.fenceLeave(log), (body) => this.leave(body as Farewell)),
      bus.onDisconnect(() => this.suspectAll()),
      bus.onReconnect(() => this.suspectAll()),
    );
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const stop of this.stops) stop();
  }

  /**
   * Returns when `pos` is in force everywhere: every member has applied it, or has provably stopped serving.
   * At the worst after lease + margin, or lease + margin + grace when this writer has just started or was cut off.
   */
  barrier(pos: number): Promise<void> {
    const barrier = this.state.open(pos);
    return new Promise((done) => {
      this.waiting.set(barrier, done);
      this.settle();
      if (this.waiting.has(barrier)) this.announce(pos);
    });
  }

  /** Nobody gets a lease before being on disk: a successor must know of everybody who may serve. */
  private async renew({ memberId, applied, life }: Renewal): Promise<Lease> {
    const { clock, head, store } = this.options;
    this.state.renewed(memberId, this.ours(applied), life === this.life(), clock.monotonicMs());
    this.settle();
    if (!this.stored.has(memberId)) {
      await this.write(() => store.add(memberId));
      this.stored.add(memberId);
    }
    return { ...head(), life: this.life() };
  }

  private acknowledge({ memberId, applied }: Acknowledgement): void {
    this.state.acknowledged(memberId, this.ours(applied));
    this.settle();
  }

  private leave({ memberId }: Farewell): void {
    this.state.left(memberId);
    this.drop([memberId]);
    this.settle();
  }

  /** NATS may have told members that nobody listens, so what they heard from us before no longer ends their grace. */
  private suspectAll(): void {
    this.lives += 1;
    this.state.suspect(this.state.ids(), this.options.clock.monotonicMs());
  }

  private tick(): void {
    const gone = this.state.forget(this.options.clock.monotonicMs());
    if (gone.length > 0) this.drop(gone);
    this.settle();
    const pos = this.state.awaited();
    if (pos !== null) this.announce(pos);
  }

  private announce(pos: number): void {
    const notice: BarrierNotice = { logId: this.options.head().logId, pos };
    this.options.bus.publish(subjects.fenceBarrier(this.options.log), notice);
  }

  private settle(): void {
    for (const barrier of this.state.settle(this.options.clock.monotonicMs())) {
      this.waiting.get(barrier)?.();
      this.waiting.delete(barrier);
    }
  }

  /** A position of another log says nothing about this one. */
  private ours({ logId, pos }: LogPosition): number {
    return logId === this.options.head().logId ? pos : -1;
  }

  private life(): string {
    return `${this.options.holderId}/${this.lives}`;
  }

  /** One after the other, so that a removal never overtakes the member's return. */
  private write(change: () => Promise<void>): Promise<void> {
    const done = this.writes.then(change);
    this.writes = done.catch(() => undefined);
    return done;
  }

  /** A member left too long on the list only makes a later start wait for it; say so and go on. */
  private drop(memberIds: string[]): void {
    for (const id of memberIds) this.stored.delete(id);
    this.write(() => this.options.store.remove(memberIds)).catch((error: unknown) =>
      this.options.logger.warn({ err: error }, 'a member that left the fence stays on its list'),
    );
  }
}
