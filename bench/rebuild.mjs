// Rebuild of a projection beside the one that serves: one statement per page, and the read model of rooms.
import { randomBytes } from 'node:crypto';
import {
  connectTo,
  CURRENT_LOG_SCHEMA,
  EventLog,
  PARKED_SCHEMA,
  PgProjection,
  rebuild,
  rebuildBeside,
  sourceOf,
} from '@ganglion/event-store';
import { makeIds, systemClock } from '@ganglion/kernel';
import pg from 'pg';
import { ReadModel1700000001000 } from '../apps/rooms/dist/migrations/1700000001000-read-model.js';
import { RoomsProjection } from '../apps/rooms/dist/core/read-model/rooms.projection.js';
import { Report } from './report.mjs';

const EVENTS = { counter: 200_000, rooms: 60_000 };
const PAGE = 500;
const TYPES = { 'bench.done': { v: 1 }, 'event.persisted': { v: 1 }, 'alias.changed': { v: 1 } };
const UPSERT = `insert into done as d select * from unnest($1::text[], $2::int[], $3::bigint[])
  on conflict (stream) do update set times = d.times + excluded.times, last_pos = excluded.last_pos`;

/** How often each of 5,000 streams had something. */
class Counter extends PgProjection {
  name = 'bench.counter';
  tables = ['done'];
  rebuilding = { on: (pool) => new Counter(pool) };
  async project(tx, batch) {
    const streams = new Map();
    for (const { stream, pos } of batch) streams.set(stream, [(streams.get(stream)?.[0] ?? 0) + 1, pos]);
    const all = [...streams.values()];
    const values = [[...streams.keys()], all.map(([times]) => times), all.map(([, pos]) => pos)];
    await tx.query({ name: 'counter', text: UPSERT, values });
  }
  async clear(tx) {
    await tx.query('truncate done');
  }
}

export async function benchRebuild({ postgresUrl }) {
  const report = new Report('Rebuild of a projection beside the one that serves');
  await onDatabase(postgresUrl, async (pool, url) => {
    await pool.query('create table done (stream text primary key, times int not null, last_pos bigint not null)');
    await measure(report, 'one statement a page', {
      pool,
      url,
      projection: new Counter(pool),
      events: counterEvents(),
    });
  });
  await onDatabase(postgresUrl, async (pool, url) => {
    await new ReadModel1700000001000().up({ query: (sql) => pool.query(sql) });
    const projection = new RoomsProjection(pool);
    await measure(report, 'read model of rooms', { pool, url, projection, events: roomEvents() });
  });
  report.print();
}

async function measure(report, what, { pool, url, projection, events }) {
  const log = await EventLog.open({
    pool,
    connect: () => connectTo(url),
    service: 'rooms',
    log: 'rooms',
    types: TYPES,
    clock: systemClock,
    ids: makeIds(() => Date.now()),
    holder: 'bench',
  });
  await log.claim([0]);
  for (const page of pages(events)) await log.append(page);
  await rebuild(projection, log);
  const cpu = process.cpuUsage();
  let heldMs = 0;
  const onStep = (step) => {
    if (step === 'held') heldMs -= performance.now();
    if (step === 'switched') heldMs += performance.now();
  };
  const { position, durationMs, outcome } = await rebuildBeside(projection, {
    pool,
    source: sourceOf(log),
    clock: systemClock,
    onStep,
  });
  if (outcome !== 'switched') throw new Error(`${what}: the rebuilt tables differ`);
  const { user, system } = process.cpuUsage(cpu);
  report.add(what, (position * 1_000) / durationMs, 'events/s', { target: '≥ 25,000/s' });
  report.add(`${what}, CPU of this process`, (user + system) / position, 'µs an event');
  report.add(`${what}, live one held`, heldMs, 'ms');
  await log.close();
}

async function onDatabase(postgresUrl, work) {
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  const name = `bench_rebuild_${process.pid}`;
  await admin.query(`create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  try {
    await pool.query(CURRENT_LOG_SCHEMA + PARKED_SCHEMA);
    await work(pool, url.href);
  } finally {
    await pool.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
}

function* pages(events) {
  let page = [];
  for (const event of events) {
    page.push(event);
    if (page.length === PAGE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

function* counterEvents() {
  const meta = { actor: '@alice:localhost', correlationId: 'bench' };
  for (let n = 0; n < EVENTS.counter; n++) {
    const [stream, ver] = [`s-${n % 5_000}`, Math.floor(n / 5_000) + 1];
    yield { stream, ver, vshard: 0, type: 'bench.done', data: { text: 'x'.repeat(80) }, meta };
  }
}

/** Eight messages, a topic and a join in ten, in 100 rooms. */
function* roomEvents() {
  const token = (bytes) => randomBytes(bytes).toString('base64url');
  for (let n = 0; n < EVENTS.rooms; n++) {
    const [roomId, index, sender] = [`!${n % 100}:localhost`, Math.floor(n / 100) + 1, `@user${n % 997}:localhost`];
    const receivedTs = 1_700_000_000_000 + n;
    const member = n % 10 === 9;
    const content = member
      ? { type: 'm.room.member', state_key: sender, content: { membership: 'join', displayname: sender } }
      : n % 10 === 8
        ? { type: 'm.room.topic', state_key: '', content: { topic: `topic ${n}` } }
        : { type: 'm.room.message', content: { msgtype: 'm.text', body: `hello, this is message number ${n}` } };
    const pdu = {
      ...content,
      room_id: roomId,
      sender,
      origin_server_ts: receivedTs,
      depth: index,
      prev_events: [`$${token(32)}`],
      auth_events: [1, 2, 3].map(() => `$${token(32)}`),
      hashes: { sha256: token(32) },
      signatures: { localhost: { 'ed25519:a1': token(64) } },
    };
    const data = {
      roomId,
      roomVersion: '11',
      eventId: `$${token(32)}`,
      roomIndex: index,
      pdu,
      txn: n % 10 < 8 ? { userId: sender, deviceId: 'DEVICE', txnId: `t${n}`, path: 'send' } : null,
      receivedTs,
      membership: member ? { userId: sender, prev: null, next: 'join', local: true } : null,
    };
    const meta = { actor: sender, correlationId: 'bench' };
    yield { stream: `room-${n % 100}`, ver: index, vshard: 0, type: 'event.persisted', data, meta };
  }
}
