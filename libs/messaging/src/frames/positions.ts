interface Waiter {
  /** Null: the head of the log, whatever it is. */
  pos: number | null;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** Where a reader stands, and who waits for it to get somewhere. */
export class Positions {
  private pos = 0;
  private everAtHead = false;
  private readonly waiters = new Set<Waiter>();

  constructor(private readonly reader: string) {}

  get current(): number {
    return this.pos;
  }

  moveTo(pos: number): void {
    this.pos = pos;
    this.release((waiter) => waiter.pos !== null && waiter.pos <= pos);
  }

  /** There is nothing more in the log. */
  atHead(): void {
    this.everAtHead = true;
    this.release((waiter) => waiter.pos === null);
  }

  reached(pos: number): Promise<void> {
    return this.pos >= pos ? Promise.resolve() : this.wait(pos);
  }

  caughtUp(): Promise<void> {
    return this.everAtHead ? Promise.resolve() : this.wait(null);
  }

  stop(): void {
    for (const { pos, reject } of this.waiters) {
      reject(new Error(`${this.reader} stopped at ${this.pos}, before ${pos ?? 'it had caught up'}`));
    }
    this.waiters.clear();
  }

  private wait(pos: number | null): Promise<void> {
    return new Promise((resolve, reject) => this.waiters.add({ pos, resolve, reject }));
  }

  private release(arrived: (waiter: Waiter) => boolean): void {
    for (const waiter of this.waiters) {
      if (!arrived(waiter)) continue;
      this.waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
