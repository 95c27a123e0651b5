import { createHash } from 'node:crypto';
import type { Queryable } from '@ganglion/event-store';
import { POOL } from '@ganglion/service';
import { Inject, Injectable } from '@nestjs/common';
import type { LaneError, LaneState, LaneStatus } from './lane-state.js';
import type { CutTransaction, QueuedEvent } from './transaction.js';

/** Another instance has taken the lane over: whatever this one was about to write was not written. */
export class LaneLost extends Error {
  constructor(readonly asId: string) {
    super(`the lane of ${asId} belongs to another instance`);
  }
}

/** The right to write a lane: its id and the epoch it was taken over with. */
export interface LaneKey {
  asId: string;
  epoch: number;
}

/** A transaction whose content will not change any more. */
export interface FrozenTransaction {
  sequence: number;
  txnId: string;
  body: Buffer;
  eventCount: number;
  /** The lane's events up to and including this one are in it. */
  throughOrdinal: number;
}

interface StateRow {
  as_id: string;
  epoch: string;
  state: LaneStatus;
  since_ms: string;
  failures: number;
  next_retry_at_ms: string | null;
  last_success_ms: string | null;
  last_error: string | null;
}

interface TxnRow {
  sequence: string;
  txn_id: string;
  body: Buffer;
  event_ids: string;
  through_ordinal: string;
}

const SAVE_STATE = `update lane set state = $3, since_ms = $4, failures = $5, next_retry_at_ms = $6, last_success_ms = $7,
  last_error = $8 where as_id = $1 and epoch = $2`;

/**
 * Lanes and their transactions in Postgres. Every write names the epoch of its owner and is one statement, so it is done
 * whole by the owner or not at all. @throws LaneLost from every write when the epoch is not the lane's any more
 */
@Injectable()
export class LaneStore {
  constructor(@Inject(POOL) private readonly db: Queryable) {}

  /** Takes lanes over from whoever had them. Paused and disabled ones are taken too, but not returned. */
  async claim(asIds: readonly string[], owner: string): Promise<{ key: LaneKey; state: LaneState }[]> {
    const { rows } = await this.db.query<StateRow>({
      text: `update lane set epoch = epoch + 1, owner = $2 where as_id = any($1)
        returning as_id, epoch, state, since_ms, failures, next_retry_at_ms, last_success_ms, last_error`,
      values: [asIds, owner],
    });
    return rows
      .filter(({ state }) => state !== 'paused' && state !== 'disabled')
      .map((row) => ({ key: { asId: row.as_id, epoch: Number(row.epoch) }, state: stateOf(row) }));
  }

  /** The transaction that was not acknowledged yet, if there is one. */
  async frozen({ asId }: LaneKey): Promise<FrozenTransaction | null> {
    const { rows } = await this.db.query<TxnRow>({
      name: 'lane_frozen',
      text: `select sequence, txn_id, body, event_ids, through_ordinal from txn
        where as_id = $1 and acked_at_ms is null order by sequence limit 1`,
      values: [asId],
    });
    const row = rows[0];
    if (!row) return null;
    return {
      sequence: Number(row.sequence),
      txnId: row.txn_id,
      body: row.body,
      eventCount: (JSON.parse(row.event_ids) as string[]).length,
      throughOrdinal: Number(row.through_ordinal),
    };
  }

  /** The first events of the lane. */
  async queued({ asId }: LaneKey, limit: number): Promise<QueuedEvent[]> {
    const { rows } = await this.db.query<{ ordinal: string; event_id: string; event: string }>({
      name: 'lane_queued',
      text: 'select ordinal, event_id, event from route where as_id = $1 order by ordinal limit $2',
      values: [asId, limit],
    });
    return rows.map(({ ordinal, event_id, event }) => ({ ordinal: Number(ordinal), eventId: event_id, json: event }));
  }

  /** Which of these lanes have something waiting. */
  async waiting(asIds: readonly string[]): Promise<string[]> {
    const { rows } = await this.db.query<{ as_id: string }>({
      name: 'lanes_waiting',
      text: `select lane.as_id from unnest($1::text[]) as lane(as_id)
        where exists (select 1 from route r where r.as_id = lane.as_id)`,
      values: [asIds],
    });
    return rows.map(({ as_id }) => as_id);
  }

  /** Gives a transaction its id and makes it durable. Only then may its first byte be sent. */
  async freeze(key: LaneKey, cut: CutTransaction, nowMs: number): Promise<FrozenTransaction> {
    const { eventIds, throughOrdinal, body } = cut;
    const { rows } = await this.db.query<{ sequence: string; txn_id: string }>({
      name: 'lane_freeze',
      text: `with owned as (
          update lane set next_sequence = next_sequence + 1 where as_id = $1 and epoch = $2
          returning next_sequence - 1 as sequence, generation
        )
        insert into txn (as_id, sequence, txn_id, event_ids, through_ordinal, body, body_hash, created_at_ms)
        select $1, sequence, generation || '-' || sequence, $3, $4, $5, $6, $7 from owned
        returning sequence, txn_id`,
      values: [key.asId, key.epoch, JSON.stringify(eventIds), throughOrdinal, body, sha256(body), nowMs],
    });
    const row = rows[0];
    if (!row) throw new LaneLost(key.asId);
    return {
      sequence: Number(row.sequence),
      txnId: row.txn_id,
      body,
      eventCount: eventIds.length,
      throughOrdinal,
    };
  }

  /**
   * The appservice has the transaction: its body and its events go, its id stays for a while.
   * @returns when rooms accepted each of the events, ms since the epoch
   */
  async acknowledge(key: LaneKey, txn: FrozenTransaction, state: LaneState, nowMs: number): Promise<number[]> {
    const { rows } = await this.db.query<{ received: string[] }>({
      name: 'lane_acknowledge',
      text: `with owned as (${SAVE_STATE} returning as_id),
        acked as (
          update txn set body = null, acked_at_ms = $9, attempts = attempts + 1
          where as_id = (select as_id from owned) and sequence = $10
        ),
        delivered as (
          delete from route where as_id = (select as_id from owned) and ordinal <= $11 returning received_ts
        )
        select array(select received_ts from delivered) as received from owned`,
      values: [...stateValues(key, state), nowMs, txn.sequence, txn.throughOrdinal],
    });
    if (!rows[0]) throw new LaneLost(key.asId);
    return rows[0].received.map(Number);
  }

  /** @param txn  the transaction that failed; null when there was none */
  async failed(key: LaneKey, txn: FrozenTransaction | null, state: LaneState): Promise<void> {
    const { rows } = await this.db.query({
      name: 'lane_failed',
      text: `with owned as (${SAVE_STATE} returning as_id),
        attempted as (
          update txn set attempts = attempts + 1, last_class = $9
          where as_id = (select as_id from owned) and sequence = $10
        )
        select as_id from owned`,
      values: [...stateValues(key, state), state.lastError?.class ?? null, txn?.sequence ?? null],
    });
    if (rows.length === 0) throw new LaneLost(key.asId);
  }

  async save(key: LaneKey, state: LaneState): Promise<void> {
    const { rowCount } = await this.db.query({ name: 'lane_save', text: SAVE_STATE, values: stateValues(key, state) });
    if (rowCount === 0) throw new LaneLost(key.asId);
  }

  /** Forgets which transactions were acknowledged before. */
  async forgetAcknowledged(beforeMs: number): Promise<void> {
    await this.db.query({ text: 'delete from txn where acked_at_ms < $1', values: [beforeMs] });
  }
}

function stateValues({ asId, epoch }: LaneKey, state: LaneState): unknown[] {
  const { status, sinceMs, failures, nextRetryAtMs, lastSuccessMs, lastError } = state;
  const error = lastError && JSON.stringify(lastError);
  return [asId, epoch, status, sinceMs, failures, nextRetryAtMs, lastSuccessMs, error];
}

function stateOf(row: StateRow): LaneState {
  return {
    status: row.state,
    sinceMs: Number(row.since_ms),
    failures: row.failures,
    nextRetryAtMs: row.next_retry_at_ms === null ? null : Number(row.next_retry_at_ms),
    lastSuccessMs: row.last_success_ms === null ? null : Number(row.last_success_ms),
    lastError: row.last_error === null ? null : (JSON.parse(row.last_error) as LaneError),
  };
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
