/** Wakes one waiter; remembers having been raised while nobody waited. */
export class Signal {
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
