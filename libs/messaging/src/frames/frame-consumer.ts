import { subjects, type EventSink, type LogService, type StoredEvent } from '@ganglion/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { pause } from '@ganglion/kernel';
import { outsideCalls } from '../rpc/current-call.js';
import { frameStream } from '../streams/streams.js';
import { RemoteError } from '../wire/errors.js';
import type { FrameBus, LogAsker } from './frame-bus.js';
import { FrameFeed } from './frame-feed.js';
import { FramePlan, type Frame } from './frame-plan.js';
import { headSubject, type HeadNotice } from './head-beacon.js';
import { Latch } from './latch.js';
import type { LogRead, LogReadReply } from './log-reads.js';
import { Positions } from './positions.js';
import { readFrame } from './read-frame.js';

export interface FrameConsumerOptions {
  bus: FrameBus;
  rpc: LogAsker;
  /** Whose log is read. */
  service: LogService;
  log: string;
  sink: EventSink;
  /** Hears of every failure; the consumer stays where it is and tries again, more and more slowly. */
  report: (error: unknown) => void;
}

/** Most events handed to the sink at once. */
const BATCH = 500;
const READ_BUDGET_MS = 3_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A beacon may overtake the frame it tells of; only what is still missing then is missing. */
const BEACON_GRACE_MS = 200;
/** Frames of another log are looked into at most so often. */
const IDENTITY_EVERY_MS = 1_000;
const MAX_EARLY_FRAMES = 1_000;

/**
 * Feeds a sink every event of another service's log: in order, none left out, none twice as long as the sink keeps its
 * position together with its effects. Reads `evt.<service>.<log>`, and whatever is missing there from
 * `log.<service>.<log>.read`. Trusts positions only, so NATS may lose, double, reorder or forget whatever it likes. Another
 * log id makes it reset the sink and start over. If it dies half-way: it goes on from the sink's position.
 */
export class FrameConsumer {
  private readonly feed: FrameFeed;
  private readonly changed = new Latch();
  private readonly positions: Positions;
  private plan: FramePlan<StoredEvent> | null = null;
  /** Came before it was known where we stand. */
  private early: Frame<StoredEvent>[] = [];
  /** Frames may have been missed without a trace. */
  private unsure = true;
  private lastIdentityMs = -Infinity;
  private unreachable = 0;
  private stopping = new AbortController();
  private running: Promise<void> | null = null;
  private ends: (() => void)[] = [];
  private cancelBeacon: (() => void) | null = null;

  constructor(private readonly options: FrameConsumerOptions) {
    const { bus, service, log, sink } = options;
    this.positions = new Positions(sink.name);
    this.feed = new FrameFeed({
      bus,
      stream: frameStream(service),
      subject: subjects.frames(service, log),
      onMessage: (message) => this.arrived(message),
      onOpen: () => this.doubt(),
    });
  }

  /** Returns at once; `caughtUp` and `settled` say how far it is. */
  start(): void {
    if (this.running) return;
    const { bus, service, log } = this.options;
    this.stopping = new AbortController();
    this.plan = null;
    this.unsure = true;
    this.early = [];
    this.feed.start();
    this.ends = [
      bus.listen(headSubject(service, log), (notice) => this.beacon(notice as HeadNotice)),
      bus.onReconnect(() => this.doubt()),
    ];
    this.running = outsideCalls(() => this.run(this.stopping.signal));
  }

  /** Resolves when what the sink was doing has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.changed.raise();
    for (const end of this.ends.splice(0)) end();
    this.cancelBeacon?.();
    this.cancelBeacon = null;
    await this.feed.stop();
    await this.running;
    this.running = null;
    this.positions.stop();
  }

  /** Resolves when the sink has applied everything up to `pos`. @throws Error when stopped before */
  settled(pos: number): Promise<void> {
    return this.positions.reached(pos);
  }

  /** Resolves when the sink has for the first time everything that the log held. */
  caughtUp(): Promise<void> {
    return this.positions.caughtUp();
  }

  /** Last position the sink has applied; 0 before the start. */
  position(): number {
    return this.positions.current;
  }

  /** Events that the log is known to have and that the sink has not applied; 0 before the start. */
  lag(): number {
    return this.plan?.lag ?? 0;
  }

  private async run(stopping: AbortSignal): Promise<void> {
    for (let failures = 0; !stopping.aborted;) {
      try {
        this.plan ??= await this.begin();
        await this.step(this.plan);
        failures = 0;
      } catch (error) {
        this.failed(error);
        await pause(this.options.bus.timers, Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS), stopping);
        await this.whereAreWe();
      }
    }
  }

  /** Where the sink stands in the log as it is now; from the start when it is another log. */
  private async begin(): Promise<FramePlan<StoredEvent>> {
    const { sink } = this.options;
    const at = await sink.position();
    const { logId, head } = await this.read(at?.pos ?? 0, 1);
    const pos = at?.logId === logId ? at.pos : await sink.reset(logId);
    const plan = new FramePlan<StoredEvent>(logId, pos);
    plan.heard(logId, head);
    for (const frame of this.early.splice(0)) plan.offer(frame);
    this.positions.moveTo(pos);
    return plan;
  }

  private async step(plan: FramePlan<StoredEvent>): Promise<void> {
    const next = this.mustAsk(plan) ? ({ do: 'read' } as const) : plan.next(BATCH);
    if (next.do === 'apply') return await this.apply(plan, next.events);
    if (next.do === 'read') return await this.heal(plan);
    this.positions.atHead();
    await this.changed.wait();
  }

  private async heal(plan: FramePlan<StoredEvent>): Promise<void> {
    const { logId, head, events } = await this.read(plan.position, BATCH);
    if (logId !== plan.logId) {
      this.plan = null;
      return;
    }
    plan.heard(logId, head);
    const [first] = events;
    if (first) {
      if (first.pos !== plan.position + 1) throw new Error(`asked for ${plan.position + 1}, the log gave ${first.pos}`);
      await this.apply(plan, events);
    } else if (!plan.atHead) {
      throw new Error(`there is more than ${plan.position} in the log, but it gave nothing`);
    }
  }

  private async apply(plan: FramePlan<StoredEvent>, events: StoredEvent[]): Promise<void> {
    await this.options.sink.apply(events);
    const { pos } = events.at(-1)!;
    plan.moveTo(pos);
    this.positions.moveTo(pos);
  }

  /** After a failure only the sink knows: it may have applied the batch, or somebody who shares its position has. */
  private async whereAreWe(): Promise<void> {
    const { plan } = this;
    if (!plan || this.stopping.signal.aborted) return;
    try {
      const at = await this.options.sink.position();
      if (at?.logId !== plan.logId) this.plan = null;
      else if (at.pos !== plan.position) {
        plan.moveTo(at.pos);
        this.positions.moveTo(at.pos);
      }
    } catch (error) {
      this.options.report(error);
      this.plan = null;
    }
  }

  private mustAsk(plan: FramePlan<StoredEvent>): boolean {
    const nowMs = this.options.bus.clock.monotonicMs();
    const other = nowMs - this.lastIdentityMs >= IDENTITY_EVERY_MS && plan.takeForeign();
    if (!this.unsure && !other) return false;
    if (other) this.lastIdentityMs = nowMs;
    this.unsure = false;
    return true;
  }

  private async read(after: number, limit: number): Promise<LogReadReply> {
    const { rpc, service, log } = this.options;
    const body: LogRead = { after, limit };
    const reply = await rpc.ask<LogReadReply>(subjects.logRead(service, log), body, {
      budgetMs: READ_BUDGET_MS,
      idempotent: true,
      signal: this.stopping.signal,
    });
    this.unreachable = 0;
    return reply;
  }

  private failed(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    this.unsure = true;
    // The writer restarts or has too many readers: that alone is no news, that it stays so is.
    const away = error instanceof RemoteError && (error.status >= 503 || error.status === 429);
    if (!away || ++this.unreachable > 1) this.options.report(error);
  }

  private arrived(message: JsMsg): void {
    const { bus, service, report } = this.options;
    const frame = readFrame(message, report);
    if (!frame) {
      bus.report({ problem: 'frames', message: `something that is no frame came on the frames of ${service}` });
      return;
    }
    if (this.plan) this.plan.offer(frame);
    else if (this.early.length < MAX_EARLY_FRAMES) this.early.push(frame);
    this.changed.raise();
  }

  private beacon({ logId, head }: HeadNotice): void {
    this.cancelBeacon ??= this.options.bus.timers.after(BEACON_GRACE_MS, () => {
      this.cancelBeacon = null;
      this.plan?.heard(logId, head);
      this.changed.raise();
    });
  }

  private doubt(): void {
    this.unsure = true;
    this.changed.raise();
  }
}
