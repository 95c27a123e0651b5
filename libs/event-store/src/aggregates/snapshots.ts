import type { SnapshotStore } from '../log/snapshot-store.js';

/** How states of one kind are kept beside the log, so that a long stream need not be read from its beginning. */
export interface SnapshotOptions<S> {
  /**
   * Names this `evolve` together with this `serialise`. Must be another one whenever either gives something else than before:
   * snapshots of any other reducer are not read.
   */
  reducer: string;
  /** Versions from one snapshot of a stream to the next; 500. A state that is long as JSON waits for more. */
  every?: number;
  /** @returns what JSON can carry */
  serialise(state: S): unknown;
  /** @param data  what `serialise` returned, after its way through JSON */
  parse(data: unknown): S;
  /** A snapshot could not be written or not be used. Nothing is lost by that: the log is read instead. Must not throw. */
  report(error: unknown): void;
}

export interface Folded<S> {
  state: S;
  ver: number;
  /** The stream's last snapshot: its version and its length. Shared by everything folded on from here. */
  kept: { ver: number; chars: number };
}

const EVERY = 500;
/** Reading and folding one event takes as long as reading so much of a snapshot. */
const CHARS_PER_EVENT = 1_000;

/** Snapshots of the aggregates of one kind: which to start from, and when to write the next one. */
export class Snapshots<S> {
  private readonly waiting = new Set<string>();

  constructor(
    private readonly store: SnapshotStore,
    private readonly options: SnapshotOptions<S>,
  ) {}

  /** Where to begin folding; null: at the beginning. @throws LogUnavailable */
  async read(stream: string): Promise<Folded<S> | null> {
    const found = await this.store.read(stream, this.options.reducer);
    if (!found) return null;
    const { ver, text, inLog } = found;
    try {
      if (!inLog)
        throw new Error(`the log ends before version ${ver} of ${stream}: restored without resetLogIdentity?`);
      return { state: this.options.parse(JSON.parse(text)), ver, kept: { ver, chars: text.length } };
    } catch (error) {
      this.options.report(error);
      // Left there it would be believed as soon as the stream has grown to that version again.
      await this.store.discard(stream);
      return null;
    }
  }

  /**
   * Writes a snapshot soon, if one is due.
   * @param newest  what is known of the stream when it is written, which may be more than now; undefined: not in memory
   */
  offer(stream: string, folded: Folded<S>, newest: () => Folded<S> | undefined): void {
    if (!this.isDue(folded) || this.waiting.has(stream)) return;
    this.waiting.add(stream);
    this.store.inBackground(async () => {
      this.waiting.delete(stream);
      const found = newest();
      if (found && this.isDue(found)) await this.write(stream, found);
    });
  }

  private isDue({ ver, kept }: Folded<S>): boolean {
    return ver - kept.ver >= Math.max(this.options.every ?? EVERY, kept.chars / CHARS_PER_EVENT);
  }

  private async write(stream: string, { state, ver, kept }: Folded<S>): Promise<void> {
    const { reducer, serialise, report } = this.options;
    // Also when it fails: to try again with every event would cost a busy stream more than going without.
    kept.ver = ver;
    try {
      const text = JSON.stringify(serialise(state));
      kept.chars = text.length;
      await this.store.write(stream, reducer, { ver, text });
    } catch (error) {
      report(error);
    }
  }
}
