import { logOf, type LogService, type StoredEvent } from '@ganglion/contracts';
import type { Event } from '@ganglion/kernel';
import { FramePublisherJs, HeadBeacon, serveLogReads, type Bus } from '@ganglion/messaging';
import { uniqueName } from './servers.js';

/**
 * The log of a service that a test does not start: its events in memory, told by real frames, log reads and head notices.
 * Snapshots of it (`qry.<service>.snapshot`) are answered with what the test says.
 */
export class FakeLog {
  readonly events: StoredEvent[] = [];
  readonly logId = uniqueName();
  private readonly frames: FramePublisherJs;
  private readonly stops: (() => void)[] = [];

  constructor(bus: Bus, service: LogService, snapshot?: () => object) {
    const log = logOf(service);
    this.frames = new FramePublisherJs(bus, service, log);
    const readable = {
      logId: this.logId,
      head: () => this.head(),
      readAfter: async (pos: number, limit: number) => this.events.slice(pos, pos + limit),
    };
    const reads = serveLogReads(bus, service, log, readable);
    const beacon = new HeadBeacon({ bus, service, log, head: () => ({ logId: this.logId, pos: this.head() }) });
    beacon.start();
    this.stops.push(
      () => reads.stop(),
      () => beacon.stop(),
    );
    if (snapshot) {
      this.stops.push(
        bus.serve(`qry.${service}.snapshot`, async () => ({ logId: this.logId, pos: this.head(), ...snapshot() })),
      );
    }
  }

  head(): number {
    return this.events.length;
  }

  /** Decided by that service; readers hear of it. */
  async append<E extends Event>(stream: string, ...events: E[]): Promise<void> {
    const from = this.head() + 1;
    for (const { type, data } of events) this.events.push(this.stored(stream, type, data));
    await this.publish(from);
  }

  private stored(stream: string, type: string, data: object): StoredEvent {
    const ver = this.events.filter((event) => event.stream === stream).length + 1;
    const pos = this.head() + 1;
    const meta = { actor: 'test', correlationId: 'test' };
    return {
      logId: this.logId,
      pos,
      vshard: 0,
      stream,
      ver,
      type,
      v: 1,
      id: `${this.logId}-${pos}`,
      atMs: pos,
      meta,
      data,
    };
  }

  private async publish(from: number): Promise<void> {
    const events = this.events.slice(from - 1);
    const body = Buffer.from(JSON.stringify({ events }));
    const types = [...new Set(events.map(({ type }) => type))];
    await this.frames.publish({ logId: this.logId, from, to: this.head(), types, body });
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }
}
