import type { StoredEvent } from '@ganglion/contracts';
import { PgProjection } from '@ganglion/event-store';
import type pg from 'pg';
import { groupBy } from '../group-by.js';
import { FOREVER, rowsOf, type Rows } from './rows.js';

/** How long a transaction id is remembered, ms. */
const TXN_KEPT_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

/** Constant, never renamed: its cursor has this name. */
export const READ_MODEL = 'rooms.read-model';

/**
 * Everything that reads of rooms and sync need, in one transaction per batch, so that one position says what all tables know.
 * Reads the rooms log; costs a handful of statements per batch of up to 500 events, whatever its size; dies half-way: the
 * batch has not happened.
 */
export class RoomsProjection extends PgProjection {
  readonly name = READ_MODEL;
  readonly tables = ['room', 'room_event', 'room_state', 'membership', 'txn', 'alias'];
  readonly rebuilding = { on: (pool: pg.Pool) => new RoomsProjection(pool) };
  /** What one room has does not depend on another; who may do what is decided from the log, not from here. */
  override readonly parks = true;
  private readonly listeners = new Set<(batch: readonly StoredEvent[]) => void>();
  private reapedHour = 0;

  /** Called after a batch is in the tables, for whoever waits for it. */
  onApplied(listener: (batch: readonly StoredEvent[]) => void): void {
    this.listeners.add(listener);
  }

  override async apply(batch: StoredEvent[]): Promise<void> {
    await super.apply(batch);
    for (const listener of this.listeners) listener(batch);
  }

  protected async project(tx: pg.PoolClient, batch: readonly StoredEvent[]): Promise<void> {
    const rows = rowsOf(batch);
    await writeEvents(tx, rows);
    await writeState(tx, rows);
    await writeRedactions(tx, rows);
    await writeMembers(tx, rows);
    await writeAliases(tx, rows);
    await this.writeTransactions(tx, rows);
  }

  protected async clear(tx: pg.PoolClient): Promise<void> {
    await tx.query('truncate room, room_event, room_state, membership, txn, alias');
  }

  /**
   * Old ones are forgotten by the time of the events, not of the clock, and at each full hour among them, wherever batches begin
   * and end, so that a replay does the same.
   */
  private async writeTransactions(tx: pg.PoolClient, { txns }: Rows): Promise<void> {
    const byHour = groupBy(txns, ({ at }) => Math.floor(at / HOUR_MS));
    for (const [hour, ofHour] of byHour) {
      if (hour > this.reapedHour) await tx.query('delete from txn where at < $1', [hour * HOUR_MS - TXN_KEPT_MS]);
      this.reapedHour = Math.max(hour, this.reapedHour);
      await writeTransactions(tx, ofHour);
    }
  }
}

async function writeEvents(tx: pg.PoolClient, { events, rooms }: Rows): Promise<void> {
  await run(
    tx,
    'rooms_event',
    events,
    ['room_id', 'pos', 'idx', 'event_id', 'type', 'state_key', 'sender', 'pdu', 'txn'],
    `insert into room_event (room_id, pos, idx, event_id, type, state_key, sender, pdu, txn)
     select * from unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])`,
  );
  await run(
    tx,
    'rooms_room',
    rooms,
    ['room_id', 'version', 'last_pos', 'joined_members', 'invited_members'],
    `insert into room as r (room_id, version, last_pos, joined_members, invited_members)
     select * from unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::int[])
     on conflict (room_id) do update set
       last_pos = excluded.last_pos,
       joined_members = r.joined_members + excluded.joined_members,
       invited_members = r.invited_members + excluded.invited_members`,
  );
}

async function writeState(tx: pg.PoolClient, { closing, states }: Rows): Promise<void> {
  await run(
    tx,
    'rooms_state_end',
    closing,
    ['room_id', 'type', 'state_key', 'pos'],
    `update room_state s set until_pos = n.pos
     from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as n(room_id, type, state_key, pos)
     where s.room_id = n.room_id and s.type = n.type and s.state_key = n.state_key and s.until_pos = ${FOREVER}`,
  );
  await run(
    tx,
    'rooms_state',
    states,
    ['room_id', 'type', 'state_key', 'pos', 'until_pos', 'value'],
    `insert into room_state (room_id, type, state_key, pos, until_pos, value)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])`,
  );
}

/** After the events and state of the same batch, which may be what is redacted. */
async function writeRedactions(tx: pg.PoolClient, { redactions }: Rows): Promise<void> {
  await run(
    tx,
    'rooms_redaction',
    redactions,
    ['room_id', 'target', 'redacted_by'],
    `with hit as (
       update room_event e set redacted_by = r.redacted_by
       from unnest($1::text[], $2::text[], $3::text[]) as r(room_id, target, redacted_by)
       where e.event_id = r.target and e.room_id = r.room_id and e.redacted_by is null
       returning e.room_id, e.pos, e.type
     )
     update room_state s set value = null from hit
     where s.room_id = hit.room_id and s.pos = hit.pos and hit.type in ('m.room.name', 'm.room.canonical_alias')`,
  );
}

async function writeMembers(tx: pg.PoolClient, { memberships }: Rows): Promise<void> {
  await run(
    tx,
    'rooms_membership',
    memberships,
    ['user_id', 'room_id', 'membership', 'pos'],
    `insert into membership as m (user_id, room_id, membership, pos)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
     on conflict (user_id, room_id) do update set membership = excluded.membership, pos = excluded.pos`,
  );
}

async function writeTransactions(tx: pg.PoolClient, txns: Rows['txns']): Promise<void> {
  await run(
    tx,
    'rooms_txn',
    txns,
    ['key', 'event_id', 'at'],
    `insert into txn (key, event_id, at)
     select decode(translate(t.key, '-_', '+/') || '=', 'base64'), t.event_id, t.at
     from unnest($1::text[], $2::text[], $3::bigint[]) as t(key, event_id, at) on conflict do nothing`,
  );
}

async function writeAliases(tx: pg.PoolClient, { aliases }: Rows): Promise<void> {
  const given = aliases.filter(({ room_id }) => room_id !== null);
  const gone = aliases.filter(({ room_id }) => room_id === null);
  await run(
    tx,
    'rooms_alias',
    given,
    ['alias', 'room_id', 'creator'],
    `insert into alias (alias, room_id, creator) select * from unnest($1::text[], $2::text[], $3::text[])
     on conflict (alias) do update set room_id = excluded.room_id, creator = excluded.creator`,
  );
  await run(tx, 'rooms_alias_gone', gone, ['alias'], 'delete from alias where alias = any($1::text[])');
}

/** One named statement for all rows, a column an array; none when there are none. */
async function run<Row extends object>(
  tx: pg.PoolClient,
  name: string,
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
  text: string,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query({ name, text, values: columns.map((column) => rows.map((row) => row[column])) });
}
