import type { Queryable } from '../../log/schema.js';
import type { EventSource } from '../event-source.js';
import type { PgProjection } from '../pg-projection.js';
import { mayBePoison } from './poison.js';
import { firstParked, noteFailure, parkedStreams, streamOfParked } from './parked.store.js';

export interface RetryReport {
  /** Events that are in the tables now. */
  applied: number;
  /** Streams whose first parked event still cannot be applied; it and what waits behind it stay parked. */
  failed: { stream: string; pos: number; type: string; error: string }[];
}

export interface RetryOptions {
  db: Queryable;
  source: EventSource;
  /** Only this stream. */
  stream?: string;
  /** Only this event, which must be the first that is parked of its stream. */
  pos?: number;
  signal?: AbortSignal;
  onApplied?: (applied: number) => void;
}

export class NothingParked extends Error {
  override readonly name = 'NothingParked';
}

/**
 * Tries parked events again, stream by stream, each in its order and each event in a transaction of its own. The events are read
 * from the log once more, so a repaired upcaster counts as well as a repaired projection.
 * @throws NothingParked when `stream` or `pos` names nothing that is parked, or not the first of its stream
 */
export async function retryParked(projection: PgProjection, options: RetryOptions): Promise<RetryReport> {
  const report: RetryReport = { applied: 0, failed: [] };
  for (const stream of await chosenStreams(projection.name, options)) {
    await retryStream(projection, stream, options, report);
  }
  return report;
}

async function chosenStreams(reader: string, { db, stream, pos }: RetryOptions): Promise<string[]> {
  if (pos !== undefined) return [await streamStartingAt(db, reader, pos)];
  if (stream === undefined) return parkedStreams(db, reader);
  if ((await firstParked(db, reader, stream)) === null) {
    throw new NothingParked(`${reader} has parked nothing of the stream ${stream}`);
  }
  return [stream];
}

async function streamStartingAt(db: Queryable, reader: string, pos: number): Promise<string> {
  const stream = await streamOfParked(db, reader, pos);
  if (stream === null) throw new NothingParked(`${reader} has not parked the event at ${pos}`);
  const first = await firstParked(db, reader, stream);
  if (first === pos) return stream;
  throw new NothingParked(`the event at ${pos} waits behind the one at ${first} of the same stream: retry that first`);
}

async function retryStream(
  projection: PgProjection,
  stream: string,
  options: RetryOptions,
  report: RetryReport,
): Promise<void> {
  const { db, source, pos, signal, onApplied } = options;
  // Until nothing is left: live traffic parks more behind it as long as anything is.
  for (let next = await firstParked(db, projection.name, stream); next !== null;) {
    signal?.throwIfAborted();
    const { events } = await source.read(next - 1, 1, signal);
    const event = events[0];
    if (event?.pos !== next) throw new Error(`the log gave no event at ${next}`);
    try {
      if (await projection.applyParked(event)) report.applied++;
      onApplied?.(report.applied);
    } catch (error) {
      if (!mayBePoison(error)) throw error;
      await noteFailure(db, projection.name, next, error);
      report.failed.push({ stream, pos: next, type: event.type, error: messageOf(error) });
      return;
    }
    if (next === pos) return;
    const after = await firstParked(db, projection.name, stream);
    if (after === next) throw new Error(`${projection.name} follows another log than the one its parked events are of`);
    next = after;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
