import type { StoredEvent } from '@ganglion/contracts';
import type { EventRow, HeardRow, Tables } from '../database/tables.js';

/** A log's history under one identity. */
interface History {
  logId: string;
  events: EventRow[];
  /** Who wrote each event: the name of its process's life. */
  writers: string[];
  /** The one it was restored from, and how much of that it holds. */
  parent: { logId: string; pos: number } | null;
}

/** A world is not as it must be. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * Sees all that is promised and all that is written, outside of the world, and compares. What a restore has undone was
 * promised by another history: only what the backup held of it still counts.
 */
export class Audit {
  readonly counts = { acknowledged: 0, refused: 0, uncertain: 0, undone: 0, published: 0, readByOthers: 0 };
  private readonly histories = new Map<string, History>();
  private readonly acknowledged: StoredEvent[] = [];
  /** Payloads of commands that were refused with the promise that nothing was written. */
  private readonly refused = new Set<string>();
  private readonly out = { frames: new Set<string>(), public: new Set<string>() };

  constructor(private readonly fail: (what: string) => void) {}

  /** The log's own answer to a process, before any caller hears it. */
  heardOf(writer: string, batch: readonly StoredEvent[]): void {
    for (const event of batch) {
      const row = this.histories.get(event.logId)?.events[event.pos - 1];
      if (row?.id !== event.id)
        this.fail(`${writer} was told that it wrote ${event.logId}:${event.pos}, which it did not`);
    }
  }

  /** Rows have been committed. @param stale  virtual shards among them that somebody else owns */
  wrote({ logId, events }: Tables, writer: string, stale: readonly number[]): void {
    const history = this.historyOf(logId);
    if (stale.length > 0) this.fail(`${writer} wrote for virtual shards that it does not own: ${stale.join()}`);
    for (const row of events.slice(history.events.length)) {
      if (row.pos !== history.events.length + 1) this.fail(`position ${row.pos} follows ${history.events.length}`);
      history.events.push(row);
      history.writers.push(writer);
    }
  }

  restored(from: string, { logId, head }: Tables): void {
    const parent = this.historyOf(from);
    // Another map: whoever has looked at this one before sees that it is another time.
    this.newest = new Map();
    this.counts.undone += parent.events.length - head;
    const [events, writers] = [parent.events.slice(0, head), parent.writers.slice(0, head)];
    this.histories.set(logId, { logId, events, writers, parent: { logId: from, pos: head } });
  }

  /** Newest version of each stream that was acknowledged since the last restore. */
  newest = new Map<string, number>();

  acknowledge(events: readonly StoredEvent[], now: string): void {
    for (const { logId, stream, ver } of events)
      if (logId === now) this.newest.set(stream, Math.max(ver, this.newest.get(stream) ?? 0));
    this.counts.acknowledged += events.length;
    this.acknowledged.push(...events);
  }

  refuse(payload: string): void {
    this.counts.refused++;
    this.refused.add(payload);
  }

  published(lane: 'frames' | 'public', logId: string, from: number, to: number): void {
    for (let pos = from; pos <= to; pos++) {
      this.counts.published++;
      this.out[lane].add(`${logId}:${pos}`);
    }
  }

  /** Whether an acknowledgement of that history still binds the log as it is now. */
  binds(logId: string, pos: number, now: string): boolean {
    let most = Infinity;
    for (let history = this.histories.get(now); history; history = this.histories.get(history.parent?.logId ?? '')) {
      if (history.logId === logId) return pos <= most;
      most = Math.min(most, history.parent?.pos ?? 0);
    }
    return false;
  }

  /** A projection's rows at the position it says it has. Cheap: looks at the last rows only. */
  projected(name: string, { heard, cursors }: Tables, reader: string, looked: number): void {
    const at = cursors.get(reader);
    if (!at) return;
    if (heard.length !== at.pos) return this.fail(`${name} stands at ${at.pos} and has ${heard.length} rows`);
    const history = this.histories.get(at.logId);
    for (let i = Math.max(0, heard.length - looked); i < heard.length; i++) {
      if (!same(heard[i]!, history?.events[i]))
        return this.fail(`${name} has at ${i + 1}: ${JSON.stringify(heard[i])}`);
    }
  }

  /** Everything that somebody projected, against the log from zero. */
  equalsLog(name: string, rows: readonly HeardRow[], { events }: Tables): void {
    if (rows.length !== events.length) return this.fail(`${name} has ${rows.length} events, the log ${events.length}`);
    const wrong = rows.findIndex((row, i) => !same(row, events[i]));
    if (wrong >= 0) this.fail(`${name} differs from the log at ${wrong + 1}: ${JSON.stringify(rows[wrong])}`);
  }

  /** The log against all that was promised. */
  keepsPromises({ logId, events }: Tables): void {
    for (const { logId: of, pos, stream, ver, id } of this.acknowledged) {
      if (!this.binds(of, pos, logId)) continue;
      const row = events[pos - 1];
      if (row?.id !== id) this.fail(`acknowledged ${of}:${pos} (${stream} v${ver}) is not in the log`);
    }
    const [versions, payloads] = [new Map<string, number>(), new Set<string>()];
    for (const { pos, stream, ver, data } of events) {
      if (ver !== (versions.get(stream) ?? 0) + 1)
        this.fail(`${stream} has v${ver} at ${pos} after v${versions.get(stream) ?? 0}`);
      versions.set(stream, ver);
      const { payload, count } = JSON.parse(data) as { payload: string; count: number };
      if (count !== ver) this.fail(`${stream} v${ver} was decided on an old state: ${count}`);
      if (payloads.has(payload)) this.fail(`${payload} is in the log twice`);
      if (this.refused.has(payload)) this.fail(`${payload} was refused and is in the log`);
      payloads.add(payload);
    }
  }

  /** Everything that is in the log has been published, by whichever relay, under whichever identity of the log it then had. */
  allPublished({ logId, head }: Tables): void {
    for (const lane of ['frames', 'public'] as const)
      for (let pos = 1; pos <= head; pos++)
        if (!this.wasPublished(lane, logId, pos)) return this.fail(`${pos} was never published on the lane ${lane}`);
  }

  /** Position of the last event that somebody else than `writer` wrote to that stream; 0: none. */
  othersVersion(logId: string, stream: string, writer: string): number {
    const history = this.histories.get(logId);
    for (let i = (history?.events.length ?? 0) - 1; i >= 0; i--) {
      const row = history!.events[i]!;
      if (row.stream === stream) return history!.writers[i] === writer ? 0 : row.ver;
    }
    return 0;
  }

  private wasPublished(lane: 'frames' | 'public', logId: string, pos: number): boolean {
    if (this.out[lane].has(`${logId}:${pos}`)) return true;
    const { parent } = this.histories.get(logId) ?? {};
    return parent ? pos <= parent.pos && this.wasPublished(lane, parent.logId, pos) : false;
  }

  private historyOf(logId: string): History {
    const known = this.histories.get(logId);
    if (known) return known;
    const made: History = { logId, events: [], writers: [], parent: null };
    this.histories.set(logId, made);
    return made;
  }
}

function same({ pos, stream, ver, payload }: HeardRow, row: EventRow | undefined): boolean {
  return row !== undefined && row.pos === pos && row.stream === stream && row.ver === ver && row.data === payload;
}
