import type { Timers } from '@ganglion/event-store';
import type { Clock } from '@ganglion/kernel';
import { Pool, type Dispatcher } from 'undici';
import { classify, type Outcome } from './outcome.js';

/** Where an appservice is and how we show that we are we. */
export interface Target {
  /** Without a slash at the end. */
  url: string;
  hsToken: string;
}

/** Of an answer no more is read. */
const MAX_ANSWER_BYTES = 1_048_576;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 300_000;
const CURRENT_PREFIX = '/_matrix/app/v1';
/** Where appservices listened before version 1 of their API had a prefix. */
const LEGACY_PREFIX = '';
/** How long an appservice that knows the old path only is asked there first. */
const LEGACY_FOR_MS = 3_600_000;

/** What hands a transaction over; the real one speaks HTTP. */
export interface TransactionSender {
  /** One attempt. Never throws for what the appservice or the network does; `stop` ends it early. */
  send(txn: { txnId: string; body: Buffer }, stop: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/**
 * HTTP to one appservice over a connection of its own, so that a slow one holds up nobody else. Follows no redirect. Asks for
 * the target at each attempt, so a change of registration is in force at once.
 */
export class AppserviceClient implements TransactionSender {
  private pool: { origin: string; pool: Pool } | null = null;
  /** By the clock that never jumps. */
  private legacyUntilMs = -Infinity;

  constructor(
    private readonly options: {
      target: () => Target;
      /** From the first byte sent to the last byte read. */
      timeoutMs: number;
      userAgent: string;
      clock: Clock;
      timers: Timers;
    },
  ) {}

  async send({ txnId, body }: { txnId: string; body: Buffer }, stop: AbortSignal): Promise<Outcome> {
    const { timeoutMs, clock, timers } = this.options;
    const late = new AbortController();
    const cancel = timers.after(timeoutMs, () => late.abort());
    try {
      const signal = AbortSignal.any([late.signal, stop]);
      const path = `/transactions/${encodeURIComponent(txnId)}`;
      if (clock.monotonicMs() < this.legacyUntilMs) return await this.put(`${LEGACY_PREFIX}${path}`, body, signal);
      const outcome = await this.put(`${CURRENT_PREFIX}${path}`, body, signal);
      // Only where it cannot have been processed: an error of the server says nothing about the path.
      if (outcome.ok || outcome.class !== 'unknown_route') return outcome;
      return await this.tryLegacy(outcome, path, body, signal);
    } catch (error) {
      if (late.signal.aborted) return { ok: false, class: 'timeout', detail: `no answer within ${timeoutMs} ms` };
      const code = codeOf(error);
      if (code === null && !stop.aborted) throw error;
      return { ok: false, class: 'connect', detail: code ?? 'stopped' };
    } finally {
      cancel();
    }
  }

  async close(): Promise<void> {
    await this.pool?.pool.destroy();
    this.pool = null;
  }

  private async tryLegacy(current: Outcome, path: string, body: Buffer, signal: AbortSignal): Promise<Outcome> {
    const legacy = await this.put(`${LEGACY_PREFIX}${path}`, body, signal);
    if (!legacy.ok) return current;
    this.legacyUntilMs = this.options.clock.monotonicMs() + LEGACY_FOR_MS;
    return legacy;
  }

  private async put(path: string, body: Buffer, signal: AbortSignal): Promise<Outcome> {
    const { target, userAgent, clock } = this.options;
    const { url, hsToken } = target();
    const { origin, pathname } = new URL(url);
    const response = await this.poolOf(origin).request({
      method: 'PUT',
      path: `${pathname.replace(/\/$/, '')}${path}`,
      headers: {
        authorization: `Bearer ${hsToken}`,
        'content-type': 'application/json',
        'user-agent': userAgent,
      },
      body,
      signal,
    });
    const [retryAfter] = [response.headers['retry-after']].flat();
    const text = await readBounded(response.body);
    return classify({ status: response.statusCode, body: text, retryAfter }, clock.nowMs());
  }

  private poolOf(origin: string): Pool {
    if (this.pool?.origin === origin) return this.pool.pool;
    const old = this.pool?.pool;
    const pool = new Pool(origin, {
      connections: 1,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // The whole attempt has one deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.pool = { origin, pool };
    void old?.destroy();
    return pool;
  }
}

/** @returns null when there is more of it than is read */
async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Leaving the loop early cuts the connection, which the body then reports as an error nobody waits for.
  body.on('error', () => undefined);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What to call an error of the network or of HTTP; null: something else went wrong. */
function codeOf(error: unknown): string | null {
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (name === 'HTTPParserError') return 'NOT_HTTP';
  return cause === undefined || cause === null ? null : codeOf(cause);
}
