/** A room event that waits in a lane, in the order of the lane. */
export interface QueuedEvent {
  /** Place in the lane, ascending; not dense. */
  ordinal: number;
  eventId: string;
  /** Client format without `age`, as JSON. */
  json: string;
}

export interface TransactionLimits {
  maxEvents: number;
  /** Of the whole body; a single event always fits. */
  maxBytes: number;
}

export interface CutTransaction {
  eventIds: string[];
  /** The lane's events up to and including this one are in it. */
  throughOrdinal: number;
  body: Buffer;
}

const START = '{"events":[';
const END = ']}';

/**
 * The next transaction: as many of the first events as the limits allow, as the bytes that will be sent at every attempt.
 * @param queued  at least one
 * @param finish  makes the event what this appservice gets, now
 */
export function cutTransaction(
  queued: readonly QueuedEvent[],
  limits: TransactionLimits,
  finish: (json: string) => string,
): CutTransaction {
  const texts: string[] = [];
  let sizeBytes = START.length + END.length;
  for (const { json } of queued.slice(0, limits.maxEvents)) {
    const text = finish(json);
    const addedBytes = Buffer.byteLength(text) + (texts.length === 0 ? 0 : 1);
    if (texts.length > 0 && sizeBytes + addedBytes > limits.maxBytes) break;
    texts.push(text);
    sizeBytes += addedBytes;
  }
  const taken = queued.slice(0, texts.length);
  return {
    eventIds: taken.map(({ eventId }) => eventId),
    throughOrdinal: taken.at(-1)!.ordinal,
    body: Buffer.from(`${START}${texts.join(',')}${END}`),
  };
}
