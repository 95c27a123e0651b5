import type { Clock } from '@ganglion/kernel';

const WINDOW_MS = 500;
/** So many are always let in: fewer would slow down a system that is not busy but waits, for a database that is away. */
const FEWEST = 64;
const BEGIN_WITH = 128;
const SHRINK = 0.75;
const GROW = 1.25;

/**
 * How many requests may wait for a service at once: as many as are answered in good time. What a machine can do nobody can
 * configure, and it changes with what else it does. So when most of the requests answered in half a second had waited too
 * long, fewer are let in; when they had not, and the places were used, more are.
 */
export class Places {
  private taken = 0;
  private limit: number;
  private window = { endsMs: 0, inTime: 0, slow: 0, most: 0 };

  constructor(private readonly options: { clock: Clock; most: number; slowMs: number }) {
    this.limit = Math.min(options.most, BEGIN_WITH);
  }

  get size(): number {
    return this.taken;
  }

  get capacity(): number {
    return this.limit;
  }

  get areFree(): boolean {
    return this.taken < this.limit;
  }

  /** Whoever calls has seen that one is free. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const { clock } = this.options;
    const startedMs = clock.monotonicMs();
    this.window.most = Math.max(this.window.most, ++this.taken);
    let failed = true;
    try {
      const result = await work();
      failed = false;
      return result;
    } finally {
      this.taken--;
      this.ended(clock.monotonicMs(), startedMs, failed);
    }
  }

  private ended(nowMs: number, startedMs: number, failed: boolean): void {
    const { window } = this;
    if (nowMs - startedMs > this.options.slowMs) window.slow++;
    // That somebody was refused quickly does not say that there is time for more.
    else if (!failed) window.inTime++;
    if (nowMs < window.endsMs) return;
    this.adjust();
    this.window = { endsMs: nowMs + WINDOW_MS, inTime: 0, slow: 0, most: this.taken };
  }

  private adjust(): void {
    const { inTime, slow, most } = this.window;
    if (slow > inTime) this.limit = Math.floor(this.limit * SHRINK);
    else if (inTime > slow && most > this.limit / 2) this.limit = Math.ceil(this.limit * GROW);
    const fewest = Math.min(FEWEST, this.options.most);
    this.limit = Math.min(this.options.most, Math.max(fewest, this.limit));
  }
}
