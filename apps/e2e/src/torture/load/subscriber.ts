import { subscribe } from '@ganglion/subscriber';
import type { History } from '../history.js';
import { sleep } from './pause.js';

/** Somebody else's service that keeps every public decision of moderation, and goes on where it was after every break. */
export class Subscriber {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private at: { logId: string; pos: number } | null = null;
  private turn = new AbortController();
  /** Why it was cut off last; to be told when it does not catch up. */
  lastFailure: unknown = null;

  constructor(
    private readonly access: { servers: string; user: string; pass: string },
    private readonly history: History,
  ) {}

  start(): void {
    this.running = this.run();
  }

  get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Last position it has; 0: none. */
  position(): number {
    return this.at?.pos ?? 0;
  }

  /** Its stream is gone, or may be: begin again. A consumer of a stream that was deleted hears nothing of the new one. */
  renew(): void {
    this.turn.abort();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.turn.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.turn = new AbortController();
      try {
        await this.listen(this.turn.signal);
      } catch (error) {
        // NATS or the stream is away for a moment. If it stays so, the run fails for want of events.
        this.lastFailure = error;
      }
      await sleep(300);
    }
  }

  private async listen(signal: AbortSignal): Promise<void> {
    const after = this.at ? { after: this.at } : {};
    for await (const event of subscribe({ ...this.access, domain: 'moderation', signal, ...after })) {
      const { pos, id, type, log_id: logId } = event;
      this.history.published.push({ pos, id, type, atMs: performance.now() });
      // A stream that was made anew, or a second relay, may repeat what came before.
      if (pos > this.position()) this.at = { logId, pos };
    }
  }
}
