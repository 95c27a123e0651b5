/** One reader waits, anybody raises. A raise while nobody waits is remembered, several count as one. */
export class Latch {
  private raised = false;
  private wake: (() => void) | null = null;

  raise(): void {
    this.raised = true;
    this.wake?.();
  }

  async wait(): Promise<void> {
    if (!this.raised) await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = null;
    this.raised = false;
  }
}
