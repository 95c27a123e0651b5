import { Pool } from 'undici';
import { between, oneOf, type Chance } from '../chance.js';
import type { History, TokenRecord } from '../history.js';
import { sleep } from './pause.js';

export interface Ask {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  token?: TokenRecord;
  body?: unknown;
  /** Refusals that are fine. */
  allowed?: readonly number[];
}

export interface Answer {
  /** 0: the connection was refused or broke. */
  status: number;
  body: Record<string, unknown>;
  endedMs: number;
}

export interface Insistence {
  signal?: AbortSignal;
  /** What is different when an answer was lost. */
  again?: Partial<Ask>;
  onAttempt?: (answer: Answer) => void;
}

/** Longer than the server ever lets a request wait: what takes so long has been forgotten. */
const PATIENCE_MS = 45_000;
const AGAIN_AFTER_MS = 150;
const POOLS = 6;
const CONNECTIONS = 32;
/** All gateways share one address, and a connection belongs to the one that took it: without new ones all would end up at one. */
const REQUESTS_PER_POOL = { least: 100, most: 400 };

interface Use {
  pool: Pool;
  left: number;
}

/** Asks over connections that are kept, and now and then made anew. Every attempt is remembered. */
export class LoadClient {
  private readonly uses: Use[];
  private readonly retiring = new Set<Pool>();

  constructor(
    private readonly url: string,
    private readonly history: History,
    private readonly chance: Chance,
  ) {
    this.uses = Array.from({ length: POOLS }, () => this.open());
  }

  /** One attempt. */
  async ask(op: string, { method, path, token, body, allowed = [] }: Ask): Promise<Answer> {
    const startedMs = performance.now();
    const record = { op, token: token?.index ?? null, startedMs, allowed };
    try {
      const response = await this.pick().request({
        method,
        path,
        headers: token ? { authorization: `Bearer ${token.value}` } : {},
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.body.text();
      const answer = { status: response.statusCode, body: JSON.parse(text) as Record<string, unknown> };
      const errcode = (answer.body['errcode'] as string | undefined) ?? null;
      const retryAfter = /^\d+$/.test(String(response.headers['retry-after']));
      const endedMs = performance.now();
      this.history.answers.push({ ...record, endedMs, status: answer.status, errcode, retryAfter });
      return { ...answer, endedMs };
    } catch (error) {
      if (!isConnectionProblem(error)) throw error;
      const endedMs = performance.now();
      this.history.answers.push({ ...record, endedMs, status: 0, errcode: error.code, retryAfter: false });
      return { status: 0, body: {}, endedMs };
    }
  }

  /**
   * Again and again until there is an answer that says something. What it asks for may be done several times.
   * @returns the answer and how often it was asked
   * @throws the signal's reason, when it was aborted before
   */
  async insist(op: string, ask: Ask, options: Insistence = {}): Promise<Answer & { attempts: number }> {
    for (let attempts = 1; ; attempts++) {
      options.signal?.throwIfAborted();
      const answer = await this.ask(op, attempts === 1 ? ask : { ...ask, ...options.again });
      options.onAttempt?.(answer);
      if (![0, 429, 503, 504].includes(answer.status)) return { ...answer, attempts };
      await sleep(AGAIN_AFTER_MS);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.uses.map(({ pool }) => pool), ...this.retiring].map((pool) => pool.destroy()));
  }

  private pick(): Pool {
    const use = oneOf(this.chance, this.uses);
    if (--use.left === 0) this.uses[this.uses.indexOf(use)] = this.retire(use);
    return use.pool;
  }

  private retire({ pool }: Use): Use {
    // When the request that is about to be made and those under way have been answered.
    this.retiring.add(pool);
    setImmediate(() => {
      if (!pool.destroyed) void pool.close().then(() => this.retiring.delete(pool));
    });
    return this.open();
  }

  private open(): Use {
    const patience = { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS };
    const pool = new Pool(this.url, { connections: CONNECTIONS, pipelining: 1, ...patience });
    return { pool, left: between(this.chance, REQUESTS_PER_POOL.least, REQUESTS_PER_POOL.most) };
  }
}

function isConnectionProblem(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  const code = (error as NodeJS.ErrnoException).code;
  return code !== undefined && (/^E[A-Z]+$/.test(code) || code.startsWith('UND_ERR_'));
}
