import { subjects, type LogPosition } from '@ganglion/contracts';
import { every, systemTimers, type Clock, type Timers } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import type { FenceBus } from './fence-bus.js';
import type { Acknowledgement, BarrierNotice, Farewell, Lease, Renewal } from './fence-messages.js';
import { HolderState, type Barrier, type FenceTimes } from './holder-state.js';

/** Remembers members across restarts of the writer, so that it knows whom to wait for. */
export interface MemberStore {
  load(): Promise<string[]>;
  add(memberId: string): Promise<void>;
  /** Does nothing once another process has come to hold the fence: that one knows better who is there. */
  remove(memberIds: string[]): Promise<void>;
}

/** It does not hold the fence any more; its successor can say when the position is in force. */
export class HolderStopped extends Error {
  override readonly name = 'HolderStopped';
}

/** How often a barrier is said again to members that have not answered, and leases are looked at. */
const TICK_MS = 50;

/**
 * The writers' side of the fence of one log: one process holds it for all of them. Reads renewals and acknowledgements, writes
 * nothing but the list of members. If it dies half-way, a revocation is committed but not answered; its successor waits for all
 * members again. One that was stopped by the machine and has been succeeded meanwhile says nothing: `holds` is asked each time.
 */
export class FenceHolder {
  private readonly state: HolderState;
  private readonly stops: (() => void)[] = [];
  private readonly waiting = new Map<Barrier, { done(): void; fail(reason: Error): void }>();
  /** Members that are on disk. */
  private readonly stored = new Set<string>();
  private writes: Promise<void> = Promise.resolve();
  private lives = 1;
  /** Highest position that somebody waits or has waited for: members must hear of it although another process wrote it. */
  private highest = 0;

  constructor(
    private readonly options: {
      bus: FenceBus;
      log: string;
      /** Another one each time that a process comes to hold the fence. */
      holderId: string;
      /** At least everything that was committed before this process came to hold the fence. */
      head: () => LogPosition;
      /** Whether this process surely holds the fence at this very moment, by a lease that it cannot outlive. */
      holds: () => boolean;
      store: MemberStore;
      clock: Clock;
      times: FenceTimes;
      logger: Logger;
      timers?: Timers;
    },
  ) {
    this.state = new HolderState(options.times);
  }

  async start(): Promise<void> {
    const { bus, log, store, clock, timers = systemTimers } = this.options;
    const known = await store.load();
    for (const id of known) this.stored.add(id);
    this.state.suspect(known, clock.monotonicMs());
    this.stops.push(
      bus.serve(subjects.fenceRenew(log), (body) => this.renew(body as Renewal)),
      bus.listen(subjects.fenceAck(log), (body) => this.acknowledge(body as Acknowledgement)),
      bus.listen(subjects.fenceLeave(log), (body) => this.leave(body as Farewell)),
      bus.onDisconnect(() => this.suspectAll()),
      bus.onReconnect(() => this.suspectAll()),
      every(timers, TICK_MS, () => this.tick()),
    );
  }

  /** Whoever waits is told to ask the successor. */
  stop(): void {
    for (const stop of this.stops.splice(0)) stop();
    for (const { fail } of this.waiting.values()) fail(new HolderStopped());
    this.waiting.clear();
  }

  /**
   * Returns when `pos` is in force everywhere: every member has applied it, or has provably stopped serving.
   * At the worst after lease + margin, or lease + margin + grace when this writer has just started or was cut off.
   * @param pos  committed, by whichever process
   * @throws HolderStopped
   */
  barrier(pos: number): Promise<void> {
    this.highest = Math.max(this.highest, pos);
    const barrier = this.state.open(pos);
    return new Promise((done, fail) => {
      this.waiting.set(barrier, { done, fail });
      this.settle();
      if (this.waiting.has(barrier)) this.announce(pos);
    });
  }

  /** Nobody gets a lease before being on disk: a successor must know of everybody who may serve. */
  private async renew({ memberId, applied, life }: Renewal): Promise<Lease | undefined> {
    const { clock, holds, store } = this.options;
    if (!holds()) return undefined;
    this.state.renewed(memberId, this.ours(applied), life === this.life(), clock.monotonicMs());
    this.settle();
    if (!this.stored.has(memberId)) {
      await this.write(() => store.add(memberId));
      this.stored.add(memberId);
    }
    // Writing may have taken long.
    return holds() ? { ...this.head(), life: this.life() } : undefined;
  }

  private head(): LogPosition {
    const { logId, pos } = this.options.head();
    return { logId, pos: Math.max(pos, this.highest) };
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
    // A holder that was stopped for long has heard of nobody, which says nothing about who is there.
    if (!this.options.holds()) return;
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

  /** Whom a successor has given a lease meanwhile is not in our books, so without a lease of our own they prove nothing. */
  private settle(): void {
    if (!this.options.holds()) return;
    for (const barrier of this.state.settle(this.options.clock.monotonicMs())) {
      this.waiting.get(barrier)?.done();
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
    if (!this.options.holds()) return;
    this.write(() => this.options.store.remove(memberIds)).catch((error: unknown) =>
      this.options.logger.warn({ err: error }, 'a member that left the fence stays on its list'),
    );
  }
}
