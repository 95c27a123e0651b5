import { Refusal } from '@ganglion/kernel';
import { DatabaseError } from 'pg';
import { SQLSTATE } from './sqlstate.js';

/** Somebody else has written that version of the stream: load again and decide again. */
export class VersionConflict extends Refusal {
  constructor(readonly streams: readonly string[]) {
    super('VERSION_CONFLICT', 'conflict', 'Changed meanwhile; try again');
  }
}

/** This process does not own the virtual shard (any more): the request belongs to another instance. */
export class Fenced extends Refusal {
  constructor(readonly vshards: readonly number[]) {
    super('FENCED', 'unavailable', 'Another instance is responsible');
  }
}

/** The queue of appends is full. Nothing was written. */
export class Overloaded extends Refusal {
  constructor(retryAfterMs: number) {
    super('LOG_OVERLOADED', 'limited', 'Too much is being written', undefined, { retry_after_ms: retryAfterMs });
  }
}

/** The database is away or the log is closing. */
export class LogUnavailable extends Refusal {
  /** @param outcome  `unknown`: the events may or may not be in the log; ask again later before repeating anything */
  constructor(
    readonly outcome: 'not-written' | 'unknown',
    override readonly cause?: unknown,
  ) {
    super('LOG_UNAVAILABLE', 'unavailable', 'The event log cannot be reached');
  }
}

/** The log has another identity than when it was opened (restored, created anew). Only a restart of the process helps. */
export class LogReplaced extends Refusal {
  constructor(log: string) {
    super('LOG_REPLACED', 'unavailable', `The log ${log} has been replaced`);
  }
}

/**
 * A newer build has written this type with a payload that this one cannot read. Nothing is decided and nothing is projected from
 * it: requests are refused, readers stand still before it, until a process of that build is there.
 */
export class NewerEvent extends Refusal {
  constructor(type: string, v: number, knownV: number) {
    super('NEWER_EVENT', 'unavailable', `${type} has payload version ${v}; this build reads up to ${knownV}`);
  }
}

/**
 * Classes of errors after which the server may have done the work although no answer came: connection exceptions and
 * operator intervention, which can strike after the commit record was written.
 */
const LOST_CLASSES = /^(08|57P)/;

/** The connection is gone or useless: nothing is known about a statement under way. */
export function isConnectionLoss(error: unknown): boolean {
  return !(error instanceof DatabaseError) || LOST_CLASSES.test(error.code ?? '');
}

/** Out of disk, memory or connections; cancelled; a standby: the statement was rolled back and trying later may help. */
const PASSING_CLASSES = /^(53|57014|25006|40)/;

/** What a server's error means for the caller of `append`. Bugs come back as they are. */
export function meaningOf(error: unknown, log: string, streams: readonly string[]): unknown {
  if (!(error instanceof DatabaseError)) return error;
  if (error.code === SQLSTATE.staleEpoch) return new Fenced((error.detail ?? '').split(',').map(Number));
  if (error.code === SQLSTATE.replacedLog) return new LogReplaced(log);
  if (error.code === '23505' && error.constraint === 'event_stream_ver') return new VersionConflict(streams);
  if (PASSING_CLASSES.test(error.code ?? '')) return new LogUnavailable('not-written', error);
  return error;
}
