import { type ChainedRow, linkOf } from './links.js';

export type Fault =
  /** Another content than the one that was appended, or another link. */
  | 'changed'
  | 'missing'
  /** The event that belongs here stands at another position. */
  | 'out-of-order'
  /** A second row at a position that is taken, or one at a position that no log has. */
  | 'extra'
  /** The log's row says another head, or another link of it, than the events do. */
  | 'head'
  /** Whole in itself, but not the log that the anchor was taken of. */
  | 'rewritten'
  /** Versions of a stream are not dense from 1 in the order of positions. */
  | 'version';

export interface Finding {
  /** First position where something is wrong. */
  pos: number;
  fault: Fault;
  /** For people: a sentence without its full stop. */
  detail: string;
}

/** Kept outside of the database, it tells a log written anew from the one it was taken of. */
export interface Anchor {
  /** 0: before the first event. */
  pos: number;
  /** SHA-256, lower-case hex. */
  link: string;
}

/** Goes along a chain one row at a time, in the order of positions, and says where it breaks. Keeps one link. */
export class ChainWalk {
  private anchors: readonly Anchor[];

  constructor(
    private readonly head: number,
    /** Last position passed, and its link. */
    private pos: number,
    private link: Buffer,
    anchors: readonly Anchor[],
  ) {
    this.anchors = anchors;
  }

  get passed(): { pos: number; link: Buffer } {
    return { pos: this.pos, link: this.link };
  }

  /** Before the first row: whether the chain begins where an anchor says. */
  start(): Finding | null {
    return this.anchored();
  }

  take(row: ChainedRow): Finding | null {
    const [pos, next] = [Number(row.pos), this.pos + 1];
    if (pos < next) return { pos, fault: 'extra', detail: `one row more stands at position ${pos}` };
    if (next > this.head) {
      return { pos, fault: 'head', detail: `the log says that it ends at ${this.head}, but an event stands at ${pos}` };
    }
    if (pos > next) return { pos: next, fault: 'missing', detail: `no event at ${next}; the next one is at ${pos}` };
    const link = linkOf(this.link, row);
    if (!row.link?.equals(link)) {
      return {
        pos,
        fault: 'changed',
        detail: `the event at ${pos} (${row.type}) or its link is not what was appended`,
      };
    }
    [this.pos, this.link] = [pos, link];
    return this.anchored();
  }

  /** After the last row. @param headLink  of the log's row; null: it says that there is no event */
  end(headLink: Buffer | null): Finding | null {
    const { pos, head } = this;
    if (pos < head) {
      return {
        pos: pos + 1,
        fault: 'missing',
        detail: `the log says that it ends at ${head}, but the last event is at ${pos}`,
      };
    }
    const agrees = pos === 0 ? headLink === null : headLink?.equals(this.link);
    if (!agrees)
      return { pos, fault: 'head', detail: `the log's row holds another link than the event at its head ${pos}` };
    const beyond = this.anchors.find((anchor) => anchor.pos > pos);
    if (!beyond) return null;
    return { pos: pos + 1, fault: 'rewritten', detail: `the log ends at ${pos}, before the anchor at ${beyond.pos}` };
  }

  /** Whether `row`, found elsewhere, is what belongs after the last row passed. @param stored  link of the row that stands there */
  belongsNext(row: ChainedRow, stored: Buffer | null): boolean {
    const link = linkOf(this.link, row, String(this.pos + 1));
    return [row.link, stored].some((candidate) => candidate?.equals(link));
  }

  private anchored(): Finding | null {
    const { pos, link } = this;
    const anchor = this.anchors.find((one) => one.pos === pos && one.link !== link.toString('hex'));
    if (!anchor) return null;
    const detail = `the chain is whole, but its link at ${pos} is not the anchor's: written anew at ${pos} or before`;
    return { pos, fault: 'rewritten', detail };
  }
}
