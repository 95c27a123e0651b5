import { createHash } from 'node:crypto';
import type { Clock, Ids } from '@ganglion/kernel';
import { CLOCK, IDS, POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

/** 64 bytes. */
const NONCE_HEX_DIGITS = 128;
const NONCE_TTL_MS = 60_000;

/** Nonces of shared-secret registration: rows, so that any instance honours each once; hashed, because they are secrets. */
@Injectable()
export class Nonces {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** @returns 64 random bytes, hex; good once, for 60 s */
  async issue(): Promise<string> {
    const nonce = this.ids.random(NONCE_HEX_DIGITS, '0123456789abcdef');
    await this.pool.query({
      name: 'nonce_issue',
      text: 'insert into nonce (nonce_hash, expires_at_ms) values ($1, $2)',
      values: [hashOf(nonce), this.clock.nowMs() + NONCE_TTL_MS],
    });
    return nonce;
  }

  /** Burns it. @returns whether it was good */
  async burn(nonce: string): Promise<boolean> {
    const { rows } = await this.pool.query<{ expires_at_ms: string }>({
      name: 'nonce_burn',
      text: 'delete from nonce where nonce_hash = $1 returning expires_at_ms',
      values: [hashOf(nonce)],
    });
    return rows[0] !== undefined && Number(rows[0].expires_at_ms) > this.clock.nowMs();
  }

  async dropOver(): Promise<void> {
    await this.pool.query('delete from nonce where expires_at_ms <= $1', [this.clock.nowMs()]);
  }
}

function hashOf(nonce: string): string {
  return createHash('sha256').update(nonce).digest('hex');
}
