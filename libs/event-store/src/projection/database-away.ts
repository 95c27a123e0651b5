import { DatabaseError } from 'pg';

/** Connection exceptions, a server that is starting or stopping, one without disk, memory or free connections. */
const AWAY_CLASSES = /^(08|57P|53)/;
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** What `pg` says, without a code, of a connection that is gone or cannot be had. */
const AWAY_WORDS =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/** The database cannot be asked now; the statement is not at fault. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (error instanceof DatabaseError) return AWAY_CLASSES.test(code ?? '');
  return AWAY_CODES.has(code ?? '') || AWAY_WORDS.test(error.message);
}
