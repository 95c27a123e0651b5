/** How much one subject does at once; beyond, a short queue; beyond that, refused at once. */
export class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly maxConcurrent: number,
    private readonly maxQueued: number,
  ) {}

  /** Starts `work` now or in its turn (first come, first served). @returns false: no room, it never will */
  enter(work: () => void): boolean {
    if (this.running < this.maxConcurrent) {
      this.running++;
      work();
      return true;
    }
    if (this.waiting.length >= this.maxQueued) return false;
    this.waiting.push(work);
    return true;
  }

  /** Whoever was started says here that it has ended. */
  leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running--;
  }

  get queued(): number {
    return this.waiting.length;
  }
}
