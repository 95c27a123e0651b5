/** Waiting, as tests decide it. */
interface AfterTimers {
  /** @returns cancels it */
  after(delayMs: number, run: () => void): () => void;
}

/** One waits, anybody rings. A ring while nobody waits is remembered, several count as one. */
export class Bell {
  private rung = false;
  private wake: (() => void) | null = null;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  async wait(): Promise<void> {
    if (!this.rung) await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = null;
    this.rung = false;
  }

  /** Waits for a ring, but no longer than that. */
  async waitFor(delayMs: number, timers: AfterTimers): Promise<void> {
    const cancel = timers.after(delayMs, () => this.ring());
    try {
      await this.wait();
    } finally {
      cancel();
    }
  }
}
