import type { EventRecord } from '../core/read-model/event-record.js';
import type { Stretch } from '../core/read-model/events.queries.js';

/** Positions in (after, upTo] of one room. */
export type Window = Omit<Stretch, 'limit'>;

export interface Timeline {
  /** Oldest first. */
  events: EventRecord[];
  /** Events that could have been shown were left out, older than the first. */
  limited: boolean;
  /** The gap before the first event; of an empty timeline the end of its window. */
  startsAt: number;
  /** Where to page backwards from. */
  prevBatch: number;
}

/** Walks a window backwards, batch by batch, until the limit is met and it is known whether more could be shown. */
export class TimelineWalk {
  done = false;
  private readonly found: EventRecord[] = [];
  private limited = false;
  private upTo: number;

  constructor(
    readonly window: Window,
    private readonly limit: number,
    private readonly shown: (record: EventRecord) => boolean,
  ) {
    this.upTo = window.upTo;
    this.done = window.after >= window.upTo;
  }

  /** What to read next; one more than wanted, to learn whether there is more. */
  next(): Stretch {
    return { ...this.window, upTo: this.upTo, limit: this.limit + 1 };
  }

  /** @param batch  what `next` asked for, newest first */
  take(batch: readonly EventRecord[]): void {
    for (const record of batch) {
      if (!this.shown(record)) continue;
      if (this.found.length === this.limit) {
        this.limited = true;
        this.done = true;
        return;
      }
      this.found.push(record);
    }
    const last = batch.at(-1);
    if (!last || batch.length <= this.limit) this.done = true;
    else this.upTo = last.pos - 1;
  }

  /** A walk that was broken off may have left something out, so it says so. */
  result(): Timeline {
    const events = this.found.toReversed();
    const limited = this.limited || !this.done;
    const [first] = events;
    const { after, upTo } = this.window;
    if (first) return { events, limited, startsAt: first.pos - 1, prevBatch: first.pos - 1 };
    return { events, limited, startsAt: upTo, prevBatch: limited ? upTo : after };
  }
}
