/** A frame as it came; `read` decodes its body, once, when its turn has come. Null: its events are in the log only. */
export interface Frame<E> {
  logId: string;
  from: number;
  to: number;
  /** Roughly what it costs to keep it. */
  sizeBytes: number;
  read: (() => E[]) | null;
}

/** What to do next. */
export type Step<E> =
  | { do: 'wait' }
  /** Contiguous: the first is at the position + 1. */
  | { do: 'apply'; events: E[] }
  /** Ask the log for what comes after the position. */
  | { do: 'read' };

const MAX_KEPT_FRAMES = 2_000;
const MAX_KEPT_BYTES = 32 * 1_024 * 1_024;

/**
 * Decides from positions alone what a reader of frames does: frames may be lost, doubled, reordered, cut differently or of
 * another log. Holds what came early, within bounds; what does not fit is simply a hole, and holes are read from the log.
 */
export class FramePlan<E extends { pos: number }> {
  private kept = new Map<number, Frame<E>>();
  private keptBytes = 0;
  private head: number;
  private foreign = false;

  /** @param pos  everything up to here has been applied */
  constructor(
    readonly logId: string,
    private pos: number,
  ) {
    this.head = pos;
  }

  get position(): number {
    return this.pos;
  }

  /** Events that the log is known to have and that have not been applied. */
  get lag(): number {
    return Math.max(0, this.head - this.pos);
  }

  /** Whether the log is known to have nothing further. */
  get atHead(): boolean {
    return this.pos >= this.head;
  }

  /** A frame has arrived. */
  offer(frame: Frame<E>): void {
    if (frame.logId !== this.logId) {
      this.foreign = true;
      return;
    }
    this.head = Math.max(this.head, frame.to);
    if (frame.to <= this.pos || !frame.read || this.full(frame)) return;
    const same = this.kept.get(frame.from);
    if (same && same.to >= frame.to) return;
    if (same) this.forget(same);
    this.kept.set(frame.from, frame);
    this.keptBytes += frame.sizeBytes;
  }

  /** Somebody said how far a log has come. */
  heard(logId: string, head: number): void {
    if (logId === this.logId) this.head = Math.max(this.head, head);
    else this.foreign = true;
  }

  /** Whether something of another log has come since this was asked last. Only the log itself can say which one counts. */
  takeForeign(): boolean {
    const { foreign } = this;
    this.foreign = false;
    return foreign;
  }

  /** @param max  most events to apply at once */
  next(max: number): Step<E> {
    const events: E[] = [];
    while (events.length < max) {
      const frame = this.covering(this.pos + events.length + 1);
      if (!frame) break;
      const found = this.eventsOf(frame, this.pos + events.length + 1);
      if (found.length === 0) break;
      events.push(...found.slice(0, max - events.length));
    }
    if (events.length > 0) return { do: 'apply', events };
    return this.atHead ? { do: 'wait' } : { do: 'read' };
  }

  /** Everything up to `pos` has been applied, by us or by somebody who shares our position; or less than was believed. */
  moveTo(pos: number): void {
    this.pos = pos;
    this.head = Math.max(this.head, pos);
    for (const frame of this.kept.values()) if (frame.to <= pos) this.forget(frame);
  }

  private covering(pos: number): Frame<E> | undefined {
    const exact = this.kept.get(pos);
    if (exact) return exact;
    for (const frame of this.kept.values()) if (frame.from <= pos && frame.to >= pos) return frame;
    return undefined;
  }

  /** Its events from `pos` on; none when its body is not what its headers say, which makes it a hole like any other. */
  private eventsOf(frame: Frame<E>, pos: number): E[] {
    const events = frame.read!();
    const sound =
      events.length === frame.to - frame.from + 1 && events.every((event, i) => event.pos === frame.from + i);
    if (sound) return events.slice(pos - frame.from);
    this.forget(frame);
    return [];
  }

  private full(frame: Frame<E>): boolean {
    return this.kept.size >= MAX_KEPT_FRAMES || this.keptBytes + frame.sizeBytes > MAX_KEPT_BYTES;
  }

  private forget(frame: Frame<E>): void {
    if (this.kept.get(frame.from) === frame && this.kept.delete(frame.from)) this.keptBytes -= frame.sizeBytes;
  }
}
