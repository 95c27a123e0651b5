interface Entry {
  atMs: number;
  order: number;
  run: (() => void) | null;
}

/**
 * Virtual time. Runs what is due, one thing after the other; after each, everything that follows from it without waiting (promises)
 * has happened before the next one runs. Nothing in a world waits for real time or real input.
 */
export class Scheduler {
  private readonly heap: Entry[] = [];
  private orders = 0;
  nowMs = 0;
  steps = 0;

  /** @returns cancels it */
  after(delayMs: number, run: () => void): () => void {
    const entry: Entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.orders++, run };
    this.push(entry);
    return () => void (entry.run = null);
  }

  /** @param over  asked after each step @returns whether it was over before `untilMs` */
  async run(untilMs: number, over: () => boolean): Promise<boolean> {
    for (;;) {
      const next = this.heap[0];
      if (!next || next.atMs > untilMs) {
        this.nowMs = untilMs;
        return over();
      }
      this.pop();
      if (!next.run) continue;
      this.nowMs = next.atMs;
      this.steps++;
      next.run();
      await settled();
      if (over()) return true;
    }
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** The real loop turns once, which it does only when every promise that can go on has gone on. No time passes in the world. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
