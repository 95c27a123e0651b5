import { subjects, type LogPosition } from '@ganglion/contracts';
import { every, systemTimers, type Clock, type Timers } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { NobodyListens, type FenceBus } from './fence-bus.js';
import type { Acknowledgement, BarrierNotice, Farewell, Lease, Renewal } from './fence-messages.js';
import type { FenceTimes } from './holder-state.js';
import { MemberState } from './member-state.js';

/**
 * A process that serves from a replica of `log`: it may do so only while `mayServe()`.
 * Asks the writer for a lease once per `renewEveryMs`; answers barriers when its replica has applied the position,
 * which the replica tells by `appliedNow()` after it has ended what the revoked principal had under way.
 */
export class FenceMember {
  private readonly state: MemberState;
  private readonly stops: (() => void)[] = [];
  private readonly waiters = new Set<() => void>();
  private asked: BarrierNotice | null = null;
  private life = '';
  private stopped = false;

  constructor(
    private readonly options: {
      bus: FenceBus;
      log: string;
      /** Unique per process life. */
      memberId: string;
      applied: () => LogPosition;
      clock: Clock;
      times: FenceTimes;
      renewEveryMs: number;
      logger: Logger;
      timers?: Timers;
    },
  ) {
    this.state = new MemberState(options.times);
  }

  start(): void {
    const { bus, log, renewEveryMs, timers = systemTimers } = this.options;
    this.stops.push(
      bus.listen(subjects.fenceBarrier(log), (body) => this.barrier(body as BarrierNotice)),
      bus.onDisconnect(() => this.state.unanswered()),
      bus.onReconnect(() => void this.renew()),
      every(timers, renewEveryMs, () => void this.renew()),
    );
    void this.renew();
  }

  /** Says goodbye, so that no revocation waits for this process; from then on it may not serve. */
  stop(): void {
    this.stopped = true;
    for (const stop of this.stops) stop();
    const farewell: Farewell = { memberId: this.options.memberId };
    this.options.bus.publish(subjects.fenceLeave(this.options.log), farewell);
  }

  mayServe(): boolean {
    if (this.stopped) return false;
    return this.state.leaseHolds(this.options.clock.monotonicMs()) && this.state.caughtUp(this.options.applied());
  }

  /** Waits a little for a replica that lags by a frame. @returns whether it may serve now */
  async mayServeWithin(ms: number): Promise<boolean> {
    if (this.mayServe()) return true;
    const { timers = systemTimers } = this.options;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        this.waiters.delete(done);
        resolve();
      };
      const cancel = timers.after(ms, done);
      this.waiters.add(done);
    });
    return this.mayServe();
  }

  /** The replica calls this after each batch it has applied. */
  appliedNow(): void {
    if (this.asked && this.hasApplied(this.asked)) this.acknowledge();
    if (this.waiters.size > 0 && this.mayServe()) for (const waiter of this.waiters) waiter();
  }

  private barrier(notice: BarrierNotice): void {
    this.asked = notice;
    if (this.hasApplied(notice)) this.acknowledge();
  }

  private hasApplied({ logId, pos }: BarrierNotice): boolean {
    const applied = this.options.applied();
    return applied.logId === logId && applied.pos >= pos;
  }

  private acknowledge(): void {
    const { bus, log, memberId, applied } = this.options;
    this.asked = null;
    const acknowledgement: Acknowledgement = { memberId, applied: applied() };
    bus.publish(subjects.fenceAck(log), acknowledgement);
  }

  private async renew(): Promise<void> {
    const { bus, log, memberId, applied, clock, times } = this.options;
    const sentAtMs = clock.monotonicMs();
    const renewal: Renewal = { memberId, applied: applied(), life: this.life };
    try {
      const { logId, pos, life } = (await bus.ask(subjects.fenceRenew(log), renewal, times.leaseMs)) as Lease;
      this.state.renewed(sentAtMs, { logId, pos });
      this.life = life;
      this.appliedNow();
    } catch (error) {
      if (error instanceof NobodyListens) return this.state.writerAbsent(sentAtMs, clock.monotonicMs());
      this.state.unanswered();
      this.options.logger.debug({ err: error, log }, 'lease not renewed');
    }
  }
}
