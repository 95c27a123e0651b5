import { createHash } from 'node:crypto';
import { canonicalJson } from '@ganglion/matrix';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { inTransaction } from '@ganglion/event-store';
import { refuse } from '../../core/refusals.js';
import type { Filter } from './filter.js';

const MAX_FILTERS = 500;

/** Filters that users have stored; never changed, never removed. */
@Injectable()
export class Filters {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /**
   * @returns its id, the same for the same filter of the same user
   * @throws TOO_MANY_FILTERS (400)
   */
  async store(userId: string, filter: Filter): Promise<string> {
    const definition = canonicalJson(filter);
    const digest = createHash('sha256').update(definition).digest();
    return inTransaction(this.pool, async (tx) => {
      // One at a time per user, so that ids are dense and the limit holds.
      await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`filter ${userId}`]);
      const { rows } = await tx.query<{ known: number | null; count: string }>(
        `select max(filter_id) filter (where digest = $2) as known, count(*) as count from filter where user_id = $1`,
        [userId, digest],
      );
      const { known, count } = rows[0]!;
      if (known !== null) return String(known);
      if (Number(count) >= MAX_FILTERS) throw refuse('TOO_MANY_FILTERS');
      await tx.query('insert into filter (user_id, filter_id, digest, definition) values ($1, $2, $3, $4)', [
        userId,
        Number(count),
        digest,
        definition,
      ]);
      return count;
    });
  }

  /** @throws FILTER_UNKNOWN (404 M_NOT_FOUND) */
  async find(userId: string, filterId: string): Promise<Filter> {
    if (!/^\d{1,9}$/.test(filterId)) throw refuse('FILTER_UNKNOWN');
    const { rows } = await this.pool.query<{ definition: string }>({
      name: 'rooms_filter',
      text: 'select definition from filter where user_id = $1 and filter_id = $2',
      values: [userId, Number(filterId)],
    });
    const row = rows[0];
    if (!row) throw refuse('FILTER_UNKNOWN');
    return JSON.parse(row.definition) as Filter;
  }
}
