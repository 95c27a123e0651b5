import { subjects } from '@ganglion/contracts';
import type { Clock } from '@ganglion/kernel';
import type { Logger } from '@ganglion/observability';
import { HolderState, type FenceTimes } from './holder-state.js';
import type { FenceBus } from './fence-bus.js';

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
  private readonly waiting = new Set<{ pos: number; done: () => void }>();
  private timer: NodeJS.Timeout | undefined;
  private writes: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: {
      bus: FenceBus;
      log: string;
      head: () => { logId: string; pos: number };
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
    this.state.suspect(await store.load(), clock.monotonicMs());
    this.stops.push(
      bus.serve(subjects.fenceRenew(log), (body) => this.renew(body as { memberId: string; applied: number })),
      bus.listen(subjects.fenceAck(log), (body) => this.acknowledge(body as { memberId: string; applied: number })),
      bus.listen(subjects.fenceLeave(log), (body) => this.leave((body as { memberId: string }).memberId)),
      bus.onReconnect(() => this.state.suspect(this.state.ids(), clock.monotonicMs())),
    );
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const stop of this.stops) stop();
  }

  /**
   * Returns when `pos` is in force everywhere: every member has applied it, or has provably stopped serving.
   * At the worst after lease + margin, or lease + margin + grace when this writer has just started.
   */
  barrier(pos: number): Promise<void> {
    if (this.state.behind(pos, this.options.clock.monotonicMs()).length === 0) return Promise.resolve();
    return new Promise((done) => {
      this.waiting.add({ pos, done });
      this.announce(pos);
    });
  }

  /** A member that is new to us gets its lease once it is on disk: a successor must know of everybody who may serve. */
  private async renew({ memberId, applied }: { memberId: string; applied: number }): Promise<unknown> {
    const { clock, head, times, store } = this.options;
    if (this.state.renewed(memberId, applied, clock.monotonicMs())) await this.write(() => store.add(memberId));
    this.release();
    return { ...head(), leaseMs: times.leaseMs };
  }

  private acknowledge({ memberId, applied }: { memberId: string; applied: number }): void {
    this.state.acknowledged(memberId, applied);
    this.release();
  }

  private leave(memberId: string): void {
    this.state.left(memberId);
    this.forget([memberId]);
    this.release();
  }

  private tick(): void {
    const gone = this.state.expire(this.options.clock.monotonicMs());
    if (gone.length > 0) this.forget(gone);
    this.release();
    if (this.waiting.size > 0) this.announce(Math.max(...[...this.waiting].map(({ pos }) => pos)));
  }

  private announce(pos: number): void {
    this.options.bus.publish(subjects.fenceBarrier(this.options.log), { pos });
  }

  private release(): void {
    const nowMs = this.options.clock.monotonicMs();
    for (const waiter of this.waiting) {
      if (this.state.behind(waiter.pos, nowMs).length > 0) continue;
      this.waiting.delete(waiter);
      waiter.done();
    }
  }

  /** One after the other, so that a removal never overtakes the member's return. */
  private write(change: () => Promise<void>): Promise<void> {
    const done = this.writes.then(change);
    this.writes = done.catch(() => undefined);
    return done;
  }

  /** A member left too long on the list only makes a later start wait for it; say so and go on. */
  private forget(memberIds: string[]): void {
    this.write(() => this.options.store.remove(memberIds)).catch((error: unknown) =>
      this.options.logger.warn({ err: error }, 'a member that left the fence stays on its list'),
    );
  }
}
