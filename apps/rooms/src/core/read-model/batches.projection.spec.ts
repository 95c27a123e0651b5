import type { EventPersisted, Pdu, StoredEvent } from '@ganglion/contracts';
import { CURSOR_SCHEMA, PARKED_SCHEMA } from '@ganglion/event-store';
import { makeDatabase } from '@ganglion/testing';
import fc from 'fast-check';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { ReadModel1700000001000 } from '../../migrations/1700000001000-read-model.js';
import { RoomsProjection } from './rooms.projection.js';

const HALF_AN_HOUR_MS = 1_800_000;

interface Step {
  halfHours: number;
  kind: 'message' | 'topic' | 'redaction' | 'join' | 'leave';
  txn: number;
  target: number;
}

/** A log in which transaction ids come again after a day, redactions meet events of the same batch, and members come and go. */
function logOf(steps: readonly Step[]): StoredEvent[] {
  let atMs = 1_700_000_000_000;
  return steps.map(({ halfHours, kind, txn, target }, i) => {
    const pos = i + 1;
    atMs += halfHours * HALF_AN_HOUR_MS;
    const next = kind === 'join' || kind === 'leave' ? kind : null;
    const pdu: Partial<Pdu> =
      kind === 'redaction'
        ? { type: 'm.room.redaction', content: { redacts: `$${1 + (target % steps.length)}` } }
        : kind === 'topic'
          ? { type: 'm.room.name', state_key: '', content: { name: `name ${pos}` } }
          : next
            ? { type: 'm.room.member', state_key: '@a:x', content: { membership: next } }
            : { type: 'm.room.message', content: { body: 'x' } };
    const data = {
      roomId: '!r:x',
      roomVersion: '11',
      eventId: `$${pos}`,
      roomIndex: pos,
      pdu: { sender: '@a:x', ...pdu },
      txn: kind === 'message' ? { userId: '@a:x', deviceId: 'D', txnId: `t${txn}`, path: 'send' } : null,
      membership: next && { userId: '@a:x', prev: null, next, local: true },
    } as unknown as EventPersisted['data'];
    return { logId: 'log', pos, stream: 'room-r', ver: pos, type: 'event.persisted', atMs, data } as StoredEvent;
  });
}

describe('the read model of rooms', () => {
  let database: { url: string; drop(): Promise<void> };
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await makeDatabase();
    pool = new pg.Pool({ connectionString: database.url });
    await pool.query(CURSOR_SCHEMA + PARKED_SCHEMA);
    await new ReadModel1700000001000().up({ query: (sql: string) => pool.query(sql) } as unknown as QueryRunner);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  async function tablesAfter(events: readonly StoredEvent[], sizes: Iterator<number>): Promise<unknown[]> {
    const projection = new RoomsProjection(pool);
    await projection.reset('log');
    for (let at = 0; at < events.length;) {
      const size = sizes.next().value as number;
      await projection.apply(events.slice(at, at + size));
      at += size;
    }
    const rows = projection.tables.map((table) => pool.query(`select t.* from ${table} t order by t::text`));
    return (await Promise.all(rows)).map((result) => result.rows);
  }
  function* always(size: number) {
    for (;;) yield size;
  }

  // Otherwise a rebuild, which reads in other pages than those that came in, would find differences where there are none.
  it('is the same however its log is cut into batches', async () => {
    const step = fc.record<Step>({
      halfHours: fc.integer({ min: 0, max: 30 }),
      kind: fc.constantFrom('message', 'message', 'message', 'topic', 'redaction', 'join', 'leave'),
      txn: fc.nat(3),
      target: fc.nat(40),
    });
    const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 9 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), sizes, async (steps, cuts) => {
        const events = logOf(steps);
        const oneByOne = await tablesAfter(events, always(1));
        expect(await tablesAfter(events, cuts)).toEqual(oneByOne);
        expect(await tablesAfter(events, always(events.length))).toEqual(oneByOne);
      }),
      { numRuns: 15 },
    );
  });
});
