import { headers as names, type LogPosition, type Requester } from '@ganglion/contracts';
import { MsgHdrsImpl, type MsgHdrs } from '@nats-io/nats-core';
import type { TransferOffer } from '../chunks/transfers.js';

/** Headers that only this library writes and reads, beside those of `contracts/subjects.ts`. */
export const wire = {
  /** Name of a command; its subject names the shard only. */
  operation: 'op',
  /** The payload is elsewhere: `<id> <size in bytes> <subject to pull it from>`. */
  transfer: 'transfer',
  /** A frame whose events are too large for one message: read them from the log. */
  omitted: 'omitted',
} as const;

/** What travels beside the payload of a call. */
export interface CallHeaders {
  requestId: string;
  /** Time the caller still waits, not an instant: clocks of two machines differ. */
  budgetMs: number;
  operation?: string;
  minPos?: LogPosition;
  principal?: Requester;
  traceparent?: string;
  transfer?: TransferOffer;
}

/** Callers that say nothing get this. */
export const DEFAULT_BUDGET_MS = 10_000;

export function writeCall(call: CallHeaders): MsgHdrs {
  const { minPos, principal, transfer } = call;
  return headersOf({
    [names.requestId]: call.requestId,
    [names.budgetMs]: String(Math.ceil(call.budgetMs)),
    [wire.operation]: call.operation,
    [names.minPos]: minPos && `${minPos.logId}:${minPos.pos}`,
    [names.principal]: principal && JSON.stringify(principal),
    [names.traceparent]: call.traceparent,
    [wire.transfer]: transfer && writeOffer(transfer),
  });
}

/**
 * Headers of a message; what is undefined is left out. A good deal cheaper than setting them one by one.
 * @throws Error for a value with a line break, which would end the header and begin another
 */
export function headersOf(values: Record<string, string | undefined>): MsgHdrs {
  const present: Record<string, string[]> = {};
  for (const name in values) {
    const value = values[name];
    if (value === undefined) continue;
    if (LINE_BREAK.test(value)) throw new Error(`the header ${name} holds a line break`);
    present[name] = [value];
  }
  return MsgHdrsImpl.fromRecord(present);
}

const LINE_BREAK = /[\r\n]/;

/** Total: whatever a stranger sends, there is a call with the defaults. */
export function readCall(from: MsgHdrs | undefined): CallHeaders {
  const raw = rawHeaders(from);
  const budgetMs = Number(raw[names.budgetMs] ?? DEFAULT_BUDGET_MS);
  return {
    requestId: raw[names.requestId] || 'none',
    budgetMs: Number.isFinite(budgetMs) ? budgetMs : 0,
    operation: raw[wire.operation],
    minPos: readPosition(raw[names.minPos]),
    principal: readJson(raw[names.principal]),
    traceparent: raw[names.traceparent],
    transfer: readOffer(raw[wire.transfer]),
  };
}

/** First value of each header. `MsgHdrs.get` looks through all of them at each call. */
export function rawHeaders(from: MsgHdrs | undefined): Record<string, string | undefined> {
  const raw: Record<string, string | undefined> = Object.create(null);
  if (from) for (const [name, values] of from) raw[name] = values[0];
  return raw;
}

export function writeOffer({ id, sizeBytes, from }: TransferOffer): string {
  return `${id} ${sizeBytes} ${from}`;
}

export function readOffer(text: string | undefined): TransferOffer | undefined {
  const [id, size, from] = text?.split(' ') ?? [];
  if (!id || !size || !from || !/^\d{1,15}$/.test(size)) return undefined;
  return { id, sizeBytes: Number(size), from };
}

function readPosition(text: string | undefined): LogPosition | undefined {
  const at = text?.lastIndexOf(':') ?? -1;
  if (text === undefined || at < 1) return undefined;
  const pos = Number(text.slice(at + 1));
  return Number.isSafeInteger(pos) ? { logId: text.slice(0, at), pos } : undefined;
}

function readJson(text: string | undefined): Requester | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Requester;
  } catch {
    return undefined;
  }
}
