import type { EventSink } from '@ganglion/contracts';
import { pause, systemTimers } from '@ganglion/kernel';

/** What feeds a sink from a log. */
export interface Feed {
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
  settled(pos: number): Promise<void>;
  position(): number;
  lag(): number;
}

const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 25;

/**
 * A sink whose rows all processes of a service share. The leader feeds it; the others see in the database how far it has come,
 * and ask only while somebody waits for that.
 */
export class SharedReader {
  private feeding = false;
  private seen = 0;
  private readonly waiters = new Set<{ pos: number; resolve: () => void }>();
  private watching = false;

  constructor(
    readonly sink: EventSink,
    private readonly feed: Feed,
  ) {}

  async lead(): Promise<void> {
    await this.feed.start();
    this.feeding = true;
  }

  async follow(): Promise<void> {
    this.feeding = false;
    await this.feed.stop();
  }

  /** Events not yet applied; null where another process feeds it, which knows. */
  lag(): number | null {
    return this.feeding ? this.feed.lag() : null;
  }

  /** As far as this process knows. */
  position(): number {
    return this.feeding ? this.feed.position() : this.seen;
  }

  /** Resolves when the rows hold everything up to `pos`, or when nobody waits any more. */
  async settled(pos: number, signal: AbortSignal): Promise<void> {
    if (this.feeding) {
      try {
        return await this.feed.settled(pos);
      } catch (error) {
        // Another process feeds it now.
        if (this.feeding) throw error;
      }
    }
    await new Promise<void>((resolve) => {
      const waiter = { pos, resolve };
      const leave = () => {
        this.waiters.delete(waiter);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiters.add(waiter);
      if (!this.watching) void this.watch();
    });
  }

  private async watch(): Promise<void> {
    this.watching = true;
    let pauseMs = SHORTEST_PAUSE_MS;
    while (this.waiters.size > 0) {
      // A database that is away says nothing; whoever waits gives up in time.
      const at = await this.sink.position().catch(() => null);
      if (at && at.pos !== this.seen) pauseMs = SHORTEST_PAUSE_MS;
      this.seen = at?.pos ?? this.seen;
      for (const waiter of this.waiters) {
        if (waiter.pos > this.seen) continue;
        this.waiters.delete(waiter);
        waiter.resolve();
      }
      if (this.waiters.size === 0) break;
      await pause(systemTimers, pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
    this.watching = false;
  }
}
