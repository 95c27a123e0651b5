/** How often something long says how far it is. */
const TELL_EVERY_MS = 5_000;

/** Tells an operator what is being done, a line for each part and, when one takes long, in between. */
export class Progress {
  constructor(private readonly say: (line: string) => void) {}

  /** @param work  calls with the size of each piece it has dealt with */
  async during<T>(what: string, work: (onBytes: (sizeBytes: number) => void) => Promise<T>): Promise<T> {
    let sizeBytes = 0;
    const beganMs = performance.now();
    const timer = setInterval(() => this.say(`  ${what}: ${readable(sizeBytes)} so far`), TELL_EVERY_MS);
    try {
      const result = await work((added) => (sizeBytes += added));
      const rows = (result as { rows?: number } | undefined)?.rows;
      const counted = rows === undefined ? '' : `${rows.toLocaleString('en')} rows, `;
      this.say(`  ${what}: ${counted}${readable(sizeBytes)}, ${Math.round(performance.now() - beganMs)} ms`);
      return result;
    } finally {
      clearInterval(timer);
    }
  }

  line(text: string): void {
    this.say(text);
  }
}

export function readable(sizeBytes: number): string {
  if (sizeBytes < 1_000) return `${sizeBytes} B`;
  if (sizeBytes < 1_000_000) return `${(sizeBytes / 1_000).toFixed(1)} kB`;
  if (sizeBytes < 1_000_000_000) return `${(sizeBytes / 1_000_000).toFixed(1)} MB`;
  return `${(sizeBytes / 1_000_000_000).toFixed(2)} GB`;
}
