import type { Clock } from '@ganglion/kernel';
import { refuse } from '../auth.errors.js';

/** A guess for the first answer "come back later", until hashes have been measured. */
const FIRST_GUESS_MS = 50;

/**
 * Lets a few hashes run at once and a few more wait; whoever comes beyond that is sent away at once, so that a storm of
 * logins costs those who log in some waiting and nobody else anything.
 */
export class HashingQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private averageMs = FIRST_GUESS_MS;

  constructor(private readonly options: { maxRunning: number; maxWaiting: number; clock: Clock }) {}

  get queued(): number {
    return this.waiting.length;
  }

  /**
   * @param stillWanted  asked when its turn comes: nobody should wait for the hash of a client that has gone
   * @throws HASHING_BUSY
   */
  async run<T>(work: () => Promise<T>, stillWanted: () => boolean = () => true): Promise<T> {
    await this.turn();
    const startedMs = this.options.clock.monotonicMs();
    try {
      if (!stillWanted()) throw this.busy();
      const result = await work();
      this.averageMs += (this.options.clock.monotonicMs() - startedMs - this.averageMs) / 8;
      return result;
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private turn(): Promise<void> {
    const { maxRunning, maxWaiting } = this.options;
    if (this.running < maxRunning) {
      this.running++;
      return Promise.resolve();
    }
    if (this.waiting.length >= maxWaiting) throw this.busy();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private busy() {
    const aheadMs = ((this.waiting.length + 1) * this.averageMs) / this.options.maxRunning;
    return refuse('HASHING_BUSY', { retry_after_ms: Math.max(100, Math.ceil(aheadMs)) });
  }
}
