import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { AddressRow } from './address-rows.js';

interface StoredRow {
  user_id: string;
  token_ref: string;
  ip: string;
  user_agent: string;
  device_id: string | null;
  last_seen_ms: string;
}

/** The client-address log in Postgres. */
@Injectable()
export class AddressLog {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** One statement for all rows; an older row never overwrites a newer one. */
  async upsert(rows: AddressRow[]): Promise<void> {
    await this.pool.query({
      name: 'client_address_upsert',
      text: `insert into client_address as c (user_id, token_ref, ip, user_agent, device_id, last_seen_ms)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
        on conflict (user_id, token_ref, ip) do update set
          user_agent = excluded.user_agent,
          device_id = coalesce(excluded.device_id, c.device_id),
          last_seen_ms = excluded.last_seen_ms
        where c.last_seen_ms <= excluded.last_seen_ms`,
      values: [
        rows.map((row) => row.userId),
        rows.map((row) => row.tokenRef),
        rows.map((row) => row.ip),
        rows.map((row) => row.userAgent),
        rows.map((row) => row.deviceId),
        rows.map((row) => row.lastSeenMs),
      ],
    });
  }

  async ofUser(userId: string): Promise<AddressRow[]> {
    const { rows } = await this.pool.query<StoredRow>({
      name: 'client_address_of_user',
      text: 'select user_id, token_ref, ip, user_agent, device_id, last_seen_ms from client_address where user_id = $1',
      values: [userId],
    });
    return rows.map((row) => ({
      userId: row.user_id,
      tokenRef: row.token_ref,
      ip: row.ip,
      userAgent: row.user_agent,
      deviceId: row.device_id,
      lastSeenMs: Number(row.last_seen_ms),
    }));
  }

  /** Deletes at most `limit` of the rows last seen at or before `untilMs`. @returns how many */
  async prune(untilMs: number, limit: number): Promise<number> {
    const { rowCount } = await this.pool.query({
      name: 'client_address_prune',
      text: `delete from client_address where (user_id, token_ref, ip) in (
        select user_id, token_ref, ip from client_address where last_seen_ms <= $1 order by last_seen_ms limit $2)`,
      values: [untilMs, limit],
    });
    return rowCount ?? 0;
  }
}
