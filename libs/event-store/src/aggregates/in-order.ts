/** Runs work one at a time per key, in the order it came; different keys do not wait for each other. */
export class InOrder {
  private readonly tails = new Map<string, Promise<unknown>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    // Whoever comes next waits for the end, not for success.
    const tail = result.then(ended, ended);
    this.tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    }
  }

  /** Keys somebody works on or waits for. */
  keys(): IterableIterator<string> {
    return this.tails.keys();
  }

  has(key: string): boolean {
    return this.tails.has(key);
  }
}

function ended(): void {}
