import type { LogEntry } from '../log/entry.js';

/** What one message on `evt.<service>.<log>` carries. `body` is UTF-8 JSON: `{"events":[StoredEvent…]}`. */
export interface Frame {
  logId: string;
  /** Positions of the first and the last event. */
  from: number;
  to: number;
  /** Distinct event types, so that a reader may skip the body. */
  types: string[];
  body: Buffer;
}

export interface FramePublisher {
  /** Resolves when the broker has it. */
  publish(frame: Frame): Promise<void>;
}

/** Bodies stay below it, except that of a single event which is bigger by itself. */
export const MAX_FRAME_BYTES = 512 * 1_024;

const START = '{"events":[';
const END = ']}';

/** Entries (one log, dense) as frames, split between events. */
export function* frames(entries: readonly LogEntry[], maxBytes = MAX_FRAME_BYTES): Generator<Frame> {
  let group: LogEntry[] = [];
  let sizeBytes = START.length + END.length;
  for (const entry of entries) {
    const addedBytes = Buffer.byteLength(entry.json) + 1;
    if (group.length > 0 && sizeBytes + addedBytes > maxBytes) {
      yield frame(group);
      group = [];
      sizeBytes = START.length + END.length;
    }
    group.push(entry);
    sizeBytes += addedBytes;
  }
  if (group.length > 0) yield frame(group);
}

function frame(group: readonly LogEntry[]): Frame {
  const [first, last] = [group[0]!.event, group.at(-1)!.event];
  return {
    logId: first.logId,
    from: first.pos,
    to: last.pos,
    types: [...new Set(group.map(({ event }) => event.type))],
    body: Buffer.from(`${START}${group.map(({ json }) => json).join(',')}${END}`),
  };
}
