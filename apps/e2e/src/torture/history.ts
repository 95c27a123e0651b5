import type { LogService } from '@ganglion/contracts';

/*
 * Everything that a run remembers: what clients asked and were told, what was done to the system, and, once it has healed, what
 * it holds. Plain data, so that the checks are functions of it and can be tried on damaged copies. Times are `performance.now()`
 * of the one process that asks, ms.
 */

/** One attempt of one request. */
export interface AnswerRecord {
  op: string;
  /** Index in `tokens`; null: asked without one. */
  token: number | null;
  startedMs: number;
  endedMs: number;
  /** 0: no answer, the connection was refused or broke; `errcode` is then what the system calls it. */
  status: number;
  errcode: string | null;
  retryAfter: boolean;
  /** Refusals that say nothing bad here, such as leaving again after an answer that was lost. */
  allowed: readonly number[];
}

export interface TokenRecord {
  index: number;
  value: string;
  userId: string;
  issuedMs: number;
  /** From here on both is right, that it works and that it does not. */
  logoutStartedMs: number | null;
  /** The logout was answered. */
  deadMs: number | null;
}

/** A message or a piece of state that some client insisted on until it was acknowledged. */
export interface SendRecord {
  kind: 'message' | 'state';
  roomId: string;
  userId: string;
  token: number;
  /** Of a message its transaction id, of a piece of state its value; unique. */
  key: string;
  startedMs: number;
  /** Of the last attempt so far. */
  endedMs: number;
  attempts: number;
  /** Attempts up to the first acknowledgement. */
  attemptsNeeded: number;
  /** First acknowledgement; null: none. */
  ackedMs: number | null;
  /** Ids that acknowledgements named; more than one is wrong. */
  eventIds: string[];
}

/** A join or leave, insisted on. */
export interface MoveRecord {
  roomId: string;
  userId: string;
  to: 'join' | 'leave';
  attempts: number;
  ackedMs: number | null;
}

/** What one client saw by following its sync tokens: per room the ids of events, in the order in which it saw them. */
export interface FollowRecord {
  name: string;
  userId: string;
  rooms: Record<string, string[]>;
  syncs: number;
  gaps: number;
}

export interface BanRecord {
  userId: string;
  to: 'banned' | 'free';
  startedMs: number;
  attempts: number;
  ackedMs: number | null;
}

export interface AccountRecord {
  userId: string;
  ackedMs: number | null;
}

export interface TransactionRecord {
  txnId: string;
  /** SHA-256 of the body. */
  digest: string;
  /** What we answered: whether the server may take it as delivered. */
  accepted: boolean;
  atMs: number;
  events: { roomId: string; eventId: string }[];
}

export interface PublishedRecord {
  pos: number;
  id: string;
  type: string;
  atMs: number;
}

/** Public events that nobody can read any more, because their stream was deleted before we had them: (after, upTo]. */
export interface WipeRecord {
  after: number;
  upTo: number;
}

export interface FaultRecord {
  n: number;
  kind: string;
  target: string;
  atMs: number;
  /** Of what lasts. */
  durationMs: number | null;
  /** It came together with the one before. */
  together: boolean;
}

/** An instance was not there, or did not move. */
export interface OutageRecord {
  instance: string;
  fromMs: number;
  /** Infinity: it has not come back. */
  toMs: number;
}

export class History {
  readonly answers: AnswerRecord[] = [];
  readonly tokens: TokenRecord[] = [];
  readonly sends: SendRecord[] = [];
  readonly moves: MoveRecord[] = [];
  readonly follows: FollowRecord[] = [];
  readonly bans: BanRecord[] = [];
  readonly accounts: AccountRecord[] = [];
  readonly transactions: TransactionRecord[] = [];
  readonly published: PublishedRecord[] = [];
  readonly wipes: WipeRecord[] = [];
  readonly faults: FaultRecord[] = [];
  readonly outages: OutageRecord[] = [];
  /** What went wrong while it ran and no check could see afterwards. */
  readonly incidents: { text: string; atMs: number }[] = [];
  private acknowledged = 0;

  issue(value: string, userId: string, nowMs: number): TokenRecord {
    const token = { index: this.tokens.length, value, userId, issuedMs: nowMs, logoutStartedMs: null, deadMs: null };
    this.tokens.push(token);
    return token;
  }

  /** Writes that were acknowledged so far; a system that makes progress raises it. */
  get acks(): number {
    return this.acknowledged;
  }

  acknowledge(): void {
    this.acknowledged++;
  }
}

/** A row of `event`, as Postgres has it. */
export interface LogRow {
  pos: number;
  stream: string;
  ver: number;
  type: string;
  id: string;
  data: Record<string, unknown>;
}

export interface LogFacts {
  head: number;
  rows: LogRow[];
}

/** What the system holds after it has healed. */
export interface Facts {
  logs: Record<LogService, LogFacts>;
  /** All pages of /messages, oldest first, as one user reads them. */
  views: { userId: string; roomId: string; eventIds: string[] }[];
  /** Rooms the appservice is interested in from some event on, and that first event. */
  bridged: { roomId: string; fromEventId: string }[];
  /** What the system's own tools found: projections that differ from a rebuild, broken chains. */
  problems: string[];
}

export interface Violation {
  rule: string;
  text: string;
  /** When, where that can be said: the faults around it are shown. */
  atMs?: number;
}
