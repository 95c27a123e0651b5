import type { StoredEvent } from '@ganglion/contracts';
import type { Queryable } from '../../log/schema.js';

/** An event that a projection has not applied, although its position is past it. */
export interface ParkedEvent {
  reader: string;
  logId: string;
  pos: number;
  stream: string;
  type: string;
  /** Null: it only waits behind an earlier event of its stream. */
  error: string | null;
  attempts: number;
  /** ms since the Unix epoch */
  parkedAtMs: number;
}

type NewlyParked = Pick<StoredEvent, 'logId' | 'pos' | 'stream' | 'type'>;

/** Longer ones are cut: they are for people, and may quote what the event holds. */
const MAX_ERROR_CHARS = 500;

/** Those of `streams` of which something is parked, so that later events must wait. */
export async function blockedStreams(tx: Queryable, reader: string, streams: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ stream: string }>({
    name: 'parked_blocked',
    text: 'select distinct stream from parked where reader = $1 and stream = any($2::text[])',
    values: [reader, streams],
  });
  return new Set(rows.map(({ stream }) => stream));
}

/** @param why  null: they wait behind an earlier event of their stream */
export async function park(
  tx: Queryable,
  reader: string,
  events: readonly NewlyParked[],
  why: { error: unknown; attempts: number } | null,
): Promise<void> {
  const columns = (['logId', 'pos', 'stream', 'type'] as const).map((column) => events.map((event) => event[column]));
  await tx.query({
    name: 'parked_add',
    text: `insert into parked (reader, log_id, pos, stream, type, error, attempts)
      select $1, e.*, $6, $7 from unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) as e`,
    values: [reader, ...columns, why && describe(why.error), why?.attempts ?? 0],
  });
}

/** How many streams of a reader are blocked. */
export async function countBlockedStreams(tx: Queryable, reader: string): Promise<number> {
  const { rows } = await tx.query<{ streams: string }>({
    text: 'select count(distinct stream) as streams from parked where reader = $1',
    values: [reader],
  });
  return Number(rows[0]!.streams);
}

export async function firstParked(tx: Queryable, reader: string, stream: string): Promise<number | null> {
  const { rows } = await tx.query<{ pos: string | null }>({
    text: 'select min(pos) as pos from parked where reader = $1 and stream = $2',
    values: [reader, stream],
  });
  return rows[0]?.pos ? Number(rows[0].pos) : null;
}

export async function unpark(tx: Queryable, reader: string, pos: number): Promise<void> {
  await tx.query({ text: 'delete from parked where reader = $1 and pos = $2', values: [reader, pos] });
}

export async function unparkAll(tx: Queryable, reader: string): Promise<void> {
  await tx.query({ text: 'delete from parked where reader = $1', values: [reader] });
}

export async function noteFailure(db: Queryable, reader: string, pos: number, error: unknown): Promise<void> {
  await db.query({
    text: 'update parked set attempts = attempts + 1, error = $3 where reader = $1 and pos = $2',
    values: [reader, pos, describe(error)],
  });
}

/** Reader → events parked; readers without any are absent. */
export async function parkedCounts(db: Queryable): Promise<Map<string, number>> {
  const { rows } = await db.query<{ reader: string; events: string }>({
    text: 'select reader, count(*) as events from parked group by reader order by reader',
  });
  return new Map(rows.map(({ reader, events }) => [reader, Number(events)]));
}

/** In the order of the log. @param reader  null: of all */
export async function listParked(db: Queryable, reader: string | null, limit: number): Promise<ParkedEvent[]> {
  const { rows } = await db.query<Row>({
    text: `select reader, log_id, pos, stream, type, error, attempts, extract(epoch from parked_at) * 1000 as at
      from parked where $1::text is null or reader = $1 order by reader, pos limit $2`,
    values: [reader, limit],
  });
  return rows.map(({ log_id, pos, at, ...row }) => ({
    ...row,
    logId: log_id,
    pos: Number(pos),
    parkedAtMs: Math.round(Number(at)),
  }));
}

/** Streams of which something is parked, the longest waiting first. */
export async function parkedStreams(db: Queryable, reader: string): Promise<string[]> {
  const { rows } = await db.query<{ stream: string }>({
    text: 'select stream from parked where reader = $1 group by stream order by min(pos)',
    values: [reader],
  });
  return rows.map(({ stream }) => stream);
}

/** Null: nothing is parked there. */
export async function streamOfParked(db: Queryable, reader: string, pos: number): Promise<string | null> {
  const { rows } = await db.query<{ stream: string }>({
    text: 'select stream from parked where reader = $1 and pos = $2',
    values: [reader, pos],
  });
  return rows[0]?.stream ?? null;
}

interface Row {
  reader: string;
  log_id: string;
  pos: string;
  stream: string;
  type: string;
  error: string | null;
  attempts: number;
  at: string;
}

/** Postgres keeps no NUL in a text. */
function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll('\0', '').slice(0, MAX_ERROR_CHARS);
}
