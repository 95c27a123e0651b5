/** Work in turn: one at a time per key, and only so many at once altogether. First come, first served. */
export class Turns {
  private readonly tails = new Map<string, Promise<unknown>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(private readonly maxAtOnce: number) {}

  /** Runs `work` when the key's earlier work has ended, however it ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const mine = before.then(() => this.inLane(work));
    const tail = mine.then(nothing, nothing);
    this.tails.set(key, tail);
    void tail.then(() => {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    });
    return mine;
  }

  private async inLane<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.maxAtOnce) await new Promise<void>((start) => this.waiting.push(start));
    else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

function nothing(): void {}
