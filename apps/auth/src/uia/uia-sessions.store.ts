import type { Clock, UserId } from '@ganglion/kernel';
import { CLOCK, POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { isSessionId, UIA_SESSION_MS, type UiaSession } from './uia.js';

interface Row {
  session_id: string;
  operation: string;
  created_at_ms: string;
  completed: string;
  body: string;
  password_hash: string | null;
  user_id: string | null;
  credential_id: string | null;
}

/** UIA sessions, one row each for 48 h. Columns `completed` and `body` are JSON as text, because `jsonb` refuses NUL. */
@Injectable()
export class UiaSessions {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async find(sessionId: unknown): Promise<UiaSession | null> {
    if (!isSessionId(sessionId)) return null;
    const { rows } = await this.pool.query<Row>({
      name: 'uia_session_find',
      text: `select session_id, operation, created_at_ms, completed, body, password_hash, user_id, credential_id
        from uia_session where session_id = $1`,
      values: [sessionId],
    });
    return rows[0] ? sessionOf(rows[0]) : null;
  }

  async save(session: UiaSession): Promise<void> {
    const { sessionId, operation, createdAtMs, completed, body, passwordHash, registering } = session;
    await this.pool.query({
      name: 'uia_session_save',
      text: `insert into uia_session (session_id, operation, created_at_ms, completed, body, password_hash, user_id,
          credential_id) values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (session_id) do update set completed = excluded.completed, body = excluded.body,
          password_hash = excluded.password_hash, user_id = excluded.user_id, credential_id = excluded.credential_id`,
      values: [
        sessionId,
        operation,
        createdAtMs,
        JSON.stringify(completed),
        JSON.stringify(body),
        passwordHash,
        registering?.userId ?? null,
        registering?.credentialId ?? null,
      ],
    });
  }

  async dropOver(): Promise<void> {
    await this.pool.query('delete from uia_session where created_at_ms <= $1', [this.clock.nowMs() - UIA_SESSION_MS]);
  }
}

function sessionOf(row: Row): UiaSession {
  return {
    sessionId: row.session_id,
    operation: row.operation,
    createdAtMs: Number(row.created_at_ms),
    completed: JSON.parse(row.completed) as Record<string, unknown>,
    body: JSON.parse(row.body) as Record<string, unknown>,
    passwordHash: row.password_hash,
    registering:
      row.user_id !== null && row.credential_id !== null
        ? { userId: row.user_id as UserId, credentialId: row.credential_id }
        : null,
  };
}
