import type { LogPosition, StoredEvent } from '@ganglion/contracts';
import {
  EventLog,
  type FramePublisher,
  LogUnavailable,
  type NewEvent,
  Relay,
  VersionConflict,
} from '@ganglion/event-store';
import { makeIds, systemClock, VSHARDS, vshardOf } from '@ganglion/kernel';
import { type Bus, HeadBeacon, type LogReadServer, serveLogReads } from '@ganglion/messaging';
import type { Journal } from './pipeline-check.fixture.js';
import { between, type Chance, MortalTimers, oneOf } from './pipeline-faults.fixture.js';
import { Sessions } from './pipeline-sessions.fixture.js';

export const SERVICE = 'auth';
export const LOG = 'auth';

const CALLERS = 8;
const ids = makeIds(() => systemClock.nowMs());

/** The process that owns the log: appends, publishes frames, answers reads, says how far it has come. */
export class Writer {
  readonly relay: Relay | null;
  /** Positions that were given to whoever asked the log. */
  readonly asked = new Set<number>();
  /** How often it was asked. */
  reads = 0;
  private state: 'running' | 'stopped' | 'killed' = 'running';
  private readonly beacon: HeadBeacon;
  private readonly served: LogReadServer;
  private die: () => void = () => undefined;
  private readonly death = new Promise<null>((resolve) => (this.die = () => resolve(null)));

  private constructor(
    readonly log: EventLog,
    private readonly sessions: Sessions,
    private readonly timers: MortalTimers,
    bus: Bus,
    publisher: FramePublisher | null,
  ) {
    const report = () => undefined;
    this.relay = publisher && new Relay({ log, timers, report, frames: this.whileAlive(publisher) });
    this.beacon = new HeadBeacon({ bus, service: SERVICE, log: LOG, head: () => this.head(), everyMs: 100 });
    this.served = serveLogReads(bus, SERVICE, LOG, {
      logId: log.logId,
      head: () => log.head(),
      readAfter: (pos, limit) => this.readAfter(pos, limit),
    });
    this.relay?.start();
    this.beacon.start();
  }

  /** @param publisher  null: it never comes to publishing anything */
  static async start(database: string, bus: Bus, publisher: FramePublisher | null): Promise<Writer> {
    const [sessions, timers] = [new Sessions(database), new MortalTimers()];
    const log = await EventLog.open({
      pool: sessions.pool,
      connect: sessions.connect,
      service: SERVICE,
      log: LOG,
      types: { 'thing.happened': { v: 1 } },
      clock: systemClock,
      ids,
      holder: 'pipeline',
      timers,
    });
    await log.claim(Array.from({ length: VSHARDS }, (_, vshard) => vshard));
    return new Writer(log, sessions, timers, bus, publisher);
  }

  head(): LogPosition {
    return { logId: this.log.logId, pos: this.log.head() };
  }

  get killed(): boolean {
    return this.state === 'killed';
  }

  /** @returns null: it was killed and answers nobody */
  append(events: NewEvent[]): Promise<StoredEvent[] | null> {
    return Promise.race([this.log.append(events), this.death]);
  }

  /** Nothing it was about to do happens any more. */
  async kill(): Promise<void> {
    if (this.state !== 'running') return;
    this.state = 'killed';
    this.die();
    this.timers.die();
    this.beacon.stop();
    await this.sessions.cut();
    await this.served.stop();
    await this.sessions.pool.end();
  }

  async stop(): Promise<void> {
    if (this.state !== 'running') return;
    this.state = 'stopped';
    this.beacon.stop();
    await this.served.stop();
    await this.relay?.stop();
    await this.log.close();
    await this.sessions.pool.end();
  }

  private async readAfter(pos: number, limit: number): Promise<StoredEvent[]> {
    this.reads++;
    const events = await this.log.readAfter(pos, limit);
    for (const event of events) this.asked.add(event.pos);
    return events;
  }

  /** A frame under way when it is killed reaches the broker or not; the relay does not get to know. */
  private whileAlive(publisher: FramePublisher): FramePublisher {
    const never = new Promise<void>(() => undefined);
    return {
      publish: async (frame) => {
        if (!this.killed) await publisher.publish(frame);
        if (this.killed) await never;
      },
    };
  }
}

/** Many callers at once, who write to the same streams and so get in each other's way. */
export class Callers {
  private made = 0;

  /** @param name  begins every payload; different from that of all other callers in a test */
  constructor(
    private readonly name: string,
    private readonly chance: Chance,
    private readonly journal: Journal,
  ) {}

  /** So many appends, and on until `meanwhile` is over; ends early when `writer` is killed. */
  async append(writer: Writer, appends: number, meanwhile?: () => Promise<void>): Promise<void> {
    let [left, busy] = [appends, meanwhile !== undefined];
    const caller = async () => {
      while ((left-- > 0 || busy) && !writer.killed) await this.appendOnce(writer);
    };
    const others = meanwhile?.().finally(() => (busy = false));
    await Promise.all([others, ...Array.from({ length: CALLERS }, caller)]);
  }

  private async appendOnce(writer: Writer): Promise<void> {
    const streams = this.chance() < 0.8 ? [this.stream()] : [...new Set([this.stream(), this.stream()])];
    const wishes = Array.from({ length: between(this.chance, 1, 4) }, (_, i) => ({
      stream: streams[i % streams.length]!,
      data: { n: `${this.name}-${++this.made}`, text: this.text() },
    }));
    while (!(await this.attempt(writer, wishes))) if (!(await this.load(writer, streams))) return;
  }

  /** @returns false: somebody else was faster */
  private async attempt(writer: Writer, wishes: Wish[]): Promise<boolean> {
    try {
      const events = await writer.append(this.eventsOf(wishes));
      if (events) this.journal.acknowledge(events);
      else this.doubt(wishes);
    } catch (error) {
      if (error instanceof VersionConflict) return false;
      if (!(error instanceof LogUnavailable && error.outcome === 'unknown')) throw error;
      this.doubt(wishes);
    }
    return true;
  }

  private doubt(wishes: Wish[]): void {
    for (const { data } of wishes) this.journal.uncertain.add(JSON.stringify(data));
  }

  /** @returns false: the writer was killed meanwhile */
  private async load(writer: Writer, streams: string[]): Promise<boolean> {
    try {
      for (const stream of streams) {
        const newer = await writer.log.readStream(stream, this.journal.versions.get(stream));
        for (const { ver } of newer) this.journal.learn(stream, ver);
      }
      return true;
    } catch (error) {
      if (writer.killed && error instanceof LogUnavailable) return false;
      throw error;
    }
  }

  private eventsOf(wishes: Wish[]): NewEvent[] {
    const next = new Map<string, number>();
    return wishes.map(({ stream, data }) => {
      const ver = (next.get(stream) ?? this.journal.versions.get(stream) ?? 0) + 1;
      next.set(stream, ver);
      const meta = { actor: 'system', correlationId: data.n };
      return { stream, ver, vshard: vshardOf(stream), type: 'thing.happened', data, meta };
    });
  }

  private stream(): string {
    return `thing-${between(this.chance, 0, 40)}`;
  }

  /** Mostly short; now and then so long that frames are split, or go without their events. */
  private text(): string {
    const fate = this.chance();
    if (fate < 0.001) return 'x'.repeat(1_100_000);
    if (fate < 0.004) return 'y'.repeat(200_000);
    return oneOf(this.chance, ['', 'plain', 'ünïcödé 🦉', 'NUL \u0000', 'half \ud83e', '"\\\n']);
  }
}

interface Wish {
  stream: string;
  data: { n: string; text: string };
}
