import { hash } from './random.js';

/** Everything that happens in a world, as one number, and as text for whoever wants to read it. */
export class Trace {
  /** Of all lines so far. Equal: the same happened, in the same order, at the same times. */
  private value = 0;
  private lines = 0;

  /** @param write  gets each line; absent: nobody reads them */
  constructor(private readonly write?: (line: string) => void) {}

  /** @param what  short; the same for the same happening */
  say(nowMs: number, who: string, what: string): void {
    this.lines++;
    // Microseconds: two happenings are never closer without being ordered.
    this.value = hash(hash((this.value ^ Math.round(nowMs * 1_000)) >>> 0, who), what);
    this.write?.(`${nowMs.toFixed(3).padStart(10)} ${who.padEnd(12)} ${what}`);
  }

  /** Only for reading: said at the last happening. @param detail  made only when somebody reads */
  note(detail: () => string): void {
    this.write?.(`${' '.repeat(24)}${detail()}`);
  }

  get digest(): string {
    return `${this.lines}:${this.value.toString(16).padStart(8, '0')}`;
  }
}
