import type { PumpTarget } from '../follow/log-pump.js';
import type { LogEntry } from '../log/entry.js';
import type { EventLog } from '../log/event-log.js';
import { advanceCursor, readCursor } from '../projection/cursors.js';
import { systemTimers, type Timers } from '../timers.js';

/** The position is saved when so much has been published since, and at the latest after so long. */
const SAVE_EVERY_EVENTS = 1_000;
const SAVE_AFTER_MS = 1_000;

/** One kind of messages made of a log, and how far it has come: in memory exactly, in the database a little behind. */
export class RelayLane implements PumpTarget {
  readonly name: string;
  private published = 0;
  private saved = 0;
  private cancelSave: (() => void) | null = null;

  constructor(
    private readonly log: EventLog,
    private readonly options: {
      name: string;
      /** Publishes in order, calling `done` with each position that is safely out. */
      hand: (entries: LogEntry[], done: (pos: number) => void) => Promise<void>;
      report: (error: unknown, position: number) => void;
      timers?: Timers;
    },
  ) {
    this.name = options.name;
  }

  async begin(): Promise<number> {
    const [cursor, head] = [await readCursor(this.log.pool, this.name), await this.log.refreshHead()];
    // Another relay may have come further while this one was stopped; this one may have come further than was saved.
    const pos = Math.max(this.published, cursor?.logId === this.log.logId ? cursor.pos : 0);
    if (pos > head) {
      throw new Error(`${this.name} stands at ${pos}, the log ends at ${head}: restored without resetLogIdentity?`);
    }
    this.published = pos;
    return pos;
  }

  async take(entries: LogEntry[]): Promise<void> {
    await this.options.hand(entries, (pos) => (this.published = pos));
    if (this.published - this.saved >= SAVE_EVERY_EVENTS) await this.save();
    else this.saveLater();
  }

  async save(): Promise<void> {
    this.cancelSave?.();
    this.cancelSave = null;
    const { published: pos } = this;
    if (pos === this.saved) return;
    await advanceCursor(this.log.pool, this.name, { logId: this.log.logId, pos });
    this.saved = pos;
  }

  private saveLater(): void {
    this.cancelSave ??= (this.options.timers ?? systemTimers).after(SAVE_AFTER_MS, () => {
      this.cancelSave = null;
      this.save().catch((error: unknown) => this.options.report(error, this.published));
    });
  }
}
