import { CLOCK, IDS, POOL } from '@ganglion/service';
import type { Clock, Ids } from '@ganglion/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';

/**
 * Hashes of passwords: rows beside the log, because the log must hold no secret. A row is written *before* the event that
 * names it, so an account never lacks the password it was promised; a row that no event names is swept.
 */
@Injectable()
export class Credentials {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** @returns the id to be named by an event */
  async keep(userId: string, passwordHash: string): Promise<string> {
    const credentialId = this.ids.eventId();
    await this.pool.query({
      name: 'credential_keep',
      text: 'insert into credential (credential_id, user_id, password_hash, created_at_ms) values ($1, $2, $3, $4)',
      values: [credentialId, userId, passwordHash, this.clock.nowMs()],
    });
    return credentialId;
  }

  async hashOf(credentialId: string | null): Promise<string | null> {
    if (credentialId === null) return null;
    const { rows } = await this.pool.query<{ password_hash: string }>({
      name: 'credential_hash',
      text: 'select password_hash from credential where credential_id = $1',
      values: [credentialId],
    });
    return rows[0]?.password_hash ?? null;
  }

  /** Rows older than `beforeMs` that the read model of accounts does not name; whether the log does is for the caller to ask. */
  async unnamed(beforeMs: number, limit: number): Promise<{ credentialId: string; userId: string }[]> {
    const { rows } = await this.pool.query<{ credential_id: string; user_id: string }>(
      `select c.credential_id, c.user_id from credential c
        where c.created_at_ms < $1
          and not exists (select from account a where a.user_id = c.user_id and a.credential_id = c.credential_id)
        order by c.created_at_ms limit $2`,
      [beforeMs, limit],
    );
    return rows.map(({ credential_id, user_id }) => ({ credentialId: credential_id, userId: user_id }));
  }

  async drop(credentialIds: string[]): Promise<void> {
    await this.pool.query('delete from credential where credential_id = any($1)', [credentialIds]);
  }
}
