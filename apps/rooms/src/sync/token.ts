import { Refusal } from '@ganglion/kernel';

/** Streams a token may speak of (client-api.md §4.1). Only `r` exists so far; the others are accepted and read as 0. */
const STREAMS = 'recaqptduh';

/** A gap in the history: everything up to and including `roomsPos` has been seen. */
export interface SyncToken {
  /** First characters of the log's id: a token of another history means nothing here. */
  log: string;
  /** Position of the rooms log. */
  roomsPos: number;
}

const SHORT_LOG_ID = 8;
const MAX_LENGTH = 255;

export const shortLogId = (logId: string): string => logId.slice(0, SHORT_LOG_ID);

export function formatToken(logId: string, roomsPos: number): string {
  return `s1_${shortLogId(logId)}_r${roomsPos}`;
}

/** @throws BAD_TOKEN (400 M_INVALID_PARAM): not of our grammar, or with a stream this version does not know */
export function parseToken(text: string): SyncToken {
  const [version, log, ...parts] = text.length <= MAX_LENGTH ? text.split('_') : [];
  if (version !== 's1' || log === undefined || !/^[A-Za-z0-9]{1,16}$/.test(log)) throw badToken();
  const positions = new Map<string, number>();
  for (const part of parts) {
    const stream = part[0] ?? '';
    if (!/^[a-z]\d{1,15}$/.test(part) || !STREAMS.includes(stream) || positions.has(stream)) throw badToken();
    positions.set(stream, Number(part.slice(1)));
  }
  return { log, roomsPos: positions.get('r') ?? 0 };
}

/** Whether a token is of this history and not of a future that a restore has undone. */
export function isOfThisHistory(token: SyncToken, logId: string, head: number): boolean {
  return token.log === shortLogId(logId) && token.roomsPos <= head;
}

export function badToken(): Refusal {
  return new Refusal('BAD_TOKEN', 'invalid', 'Not a token of this server', 'M_INVALID_PARAM');
}
