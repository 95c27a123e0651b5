import type { Timers } from '@ganglion/event-store';
import type { Clock } from '@ganglion/kernel';
import type { TransactionSender } from './appservice-client.http.js';
import type { RetryTimes } from './backoff.js';
import { Bell } from './bell.js';
import type { DispatchMetrics } from './dispatch.metrics.js';
import { acknowledged, failed, recovered, type LaneState } from './lane-state.js';
import { LaneLost, type FrozenTransaction, type LaneKey, type LaneStore } from './lane.store.js';
import type { Failure, Outcome } from './outcome.js';
import { finishEvent } from './render-event.js';
import { cutTransaction, type TransactionLimits } from './transaction.js';

export interface LaneOptions {
  key: LaneKey;
  state: LaneState;
  store: Pick<LaneStore, 'frozen' | 'queued' | 'freeze' | 'acknowledge' | 'failed' | 'save'>;
  sender: TransactionSender;
  /** Tells the log whether the lane is down; does nothing when the log knows. */
  announce: (asId: string, state: LaneState) => Promise<void>;
  limits: TransactionLimits;
  retry: RetryTimes;
  legacyEventFields: () => boolean;
  /** 0..1, anew at each call. */
  chance: () => number;
  clock: Clock;
  timers: Timers;
  metrics: DispatchMetrics;
  /** Hears of what is our own fault; the lane counts it as a failed attempt and goes on. */
  report: (error: unknown) => void;
  /** Another instance has taken the lane over. */
  onLost: () => void;
}

/** At the end an attempt under way gets so long. */
const STOP_GRACE_MS = 2_000;

/**
 * The strictly serial queue of one appservice: cut, freeze, send, acknowledge, one transaction at a time. Reads and writes
 * only its own rows, so other lanes never wait for it. Dies half-way: the frozen transaction is sent again, same id, same
 * bytes. A failure makes it wait ever longer; the events wait in Postgres meanwhile.
 */
export class Lane {
  readonly asId: string;
  private state: LaneState;
  private head: FrozenTransaction | null = null;
  /** Whether a transaction may be frozen that is not in memory: at the start, and when the outcome of a write is unknown. */
  private unsure = true;
  private announced: LaneState['status'] | null = null;
  private readonly bell = new Bell();
  /** When the next attempt is due, by the clock that never jumps; null: at once. */
  private dueMs: number | null = null;
  private waiting = false;
  private hurried = false;
  private readonly stopping = new AbortController();
  private readonly cutShort = new AbortController();
  private running: Promise<void> | null = null;

  constructor(private readonly options: LaneOptions) {
    this.asId = options.key.asId;
    this.state = options.state;
    this.waitUntil(options.state.nextRetryAtMs);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** There is something new in the queue. */
  wake(): void {
    this.bell.ring();
  }

  /** Ends the wait of a lane that is down. While an attempt runs, or when the lane is well, it does nothing. */
  retryNow(): void {
    if (!this.waiting) return;
    this.hurried = true;
    this.bell.ring();
  }

  current(): LaneState {
    return this.state;
  }

  /** Ends after the attempt under way, which is cut short when it takes too long. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.bell.ring();
    const cancel = this.options.timers.after(STOP_GRACE_MS, () => this.cutShort.abort());
    await this.running;
    cancel();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.turn();
      } catch (error) {
        if (error instanceof LaneLost) this.lost();
        else await this.stumbled(error);
      }
    }
    await this.options.sender.close();
  }

  private async turn(): Promise<void> {
    await this.waitForRetry();
    if (this.stopping.signal.aborted) return;
    await this.announce();
    this.head ??= (await this.findFrozen()) ?? (await this.freezeNext());
    if (this.head) await this.attempt(this.head);
    else if (this.state.status === 'down') await this.recover();
    else await this.bell.wait();
  }

  private async waitForRetry(): Promise<void> {
    this.hurried = false;
    this.waiting = true;
    while (this.waitMs() > 0 && !this.hurried && !this.stopping.signal.aborted) {
      await this.bell.waitFor(this.waitMs(), this.options.timers);
    }
    this.waiting = false;
  }

  private waitMs(): number {
    return this.dueMs === null ? 0 : this.dueMs - this.options.clock.monotonicMs();
  }

  private waitUntil(atMs: number | null): void {
    const { clock } = this.options;
    this.dueMs = atMs === null ? null : clock.monotonicMs() + atMs - clock.nowMs();
  }

  private async findFrozen(): Promise<FrozenTransaction | null> {
    if (!this.unsure) return null;
    const frozen = await this.options.store.frozen(this.options.key);
    this.unsure = false;
    return frozen;
  }

  private async freezeNext(): Promise<FrozenTransaction | null> {
    const { store, key, limits, clock, legacyEventFields } = this.options;
    const queued = await store.queued(key, limits.maxEvents);
    if (queued.length === 0) return null;
    const nowMs = clock.nowMs();
    const legacy = legacyEventFields();
    const cut = cutTransaction(queued, limits, (json) => finishEvent(json, nowMs, legacy));
    return await store.freeze(key, cut, nowMs);
  }

  private async attempt(txn: FrozenTransaction): Promise<void> {
    const { sender, metrics, clock } = this.options;
    const startedMs = clock.monotonicMs();
    const outcome = await sender.send(txn, this.cutShort.signal);
    // Cut short by ourselves: says nothing about the appservice.
    if (this.cutShort.signal.aborted && !outcome.ok) return;
    metrics.attempted(this.asId, txn, outcome, clock.monotonicMs() - startedMs);
    await this.record(txn, outcome);
  }

  private async record(txn: FrozenTransaction, outcome: Outcome): Promise<void> {
    if (!outcome.ok) return this.fail(txn, outcome);
    const { store, key, clock, metrics } = this.options;
    const nowMs = clock.nowMs();
    const next = acknowledged(this.state, nowMs);
    const receivedMs = await store.acknowledge(key, txn, next, nowMs);
    this.state = next;
    this.dueMs = null;
    this.head = null;
    metrics.acknowledged(this.asId, receivedMs, nowMs);
  }

  private async fail(txn: FrozenTransaction | null, failure: Failure): Promise<void> {
    const { store, key, clock, retry, chance } = this.options;
    // In memory first: the wait holds even when it cannot be written down.
    this.state = failed(this.state, failure, clock.nowMs(), retry, chance());
    this.waitUntil(this.state.nextRetryAtMs);
    await store.failed(key, txn, this.state);
    await this.announce();
  }

  private async recover(): Promise<void> {
    const { store, key, clock } = this.options;
    const next = recovered(this.state, clock.nowMs());
    await store.save(key, next);
    this.state = next;
    this.dueMs = null;
  }

  private async announce(): Promise<void> {
    const { status } = this.state;
    if (this.announced === status) return;
    await this.options.announce(this.asId, this.state);
    this.announced = status;
  }

  private async stumbled(error: unknown): Promise<void> {
    this.options.report(error);
    this.head = null;
    this.unsure = true;
    try {
      await this.fail(null, { class: 'internal', detail: 'an error of the homeserver; see its log' });
    } catch (again) {
      if (again instanceof LaneLost) this.lost();
      else this.options.report(again);
    }
  }

  private lost(): void {
    this.stopping.abort();
    this.options.onLost();
  }
}
