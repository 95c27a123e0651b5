// Durable appends through the event log, beside a bare insert per transaction on the same Postgres.
import { connectTo, CURRENT_LOG_SCHEMA, EventLog } from '@ganglion/event-store';
import { makeIds, systemClock } from '@ganglion/kernel';
import pg from 'pg';
import { load, Report } from './report.mjs';

const MS = 3_000;

export async function benchAppend({ postgresUrl }) {
  const report = new Report('Durable appends, 750-byte events');
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  const name = `bench_${process.pid}`;
  await admin.query(`create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 10 });
  try {
    await pool.query(CURRENT_LOG_SCHEMA);
    await pool.query('create table bare (id bigserial primary key, stream text, data text)');
    const log = await openLog(pool, url.href);
    const data = { text: 'x'.repeat(730) };
    const text = JSON.stringify(data);
    const meta = { actor: 'bench', correlationId: 'bench' };
    for (const callers of [1, 16, 64]) {
      const bare = await load(callers, MS, () =>
        pool.query({ name: 'bare', text: 'insert into bare (stream, data) values ($1, $2)', values: ['s', text] }),
      );
      const ours = await load(callers, MS, (caller, call) =>
        log.append([{ stream: `s-${callers}-${caller}`, ver: call + 1, vshard: 0, type: 'bench.done', data, meta }]),
      );
      const target = callers === 16 ? '≥ 10,000/s' : '';
      report.add(`${callers} callers`, ours.perSecond, 'events/s', { bare: bare.perSecond, target });
      report.add(`${callers} callers, p99`, ours.p99, 'ms', { bare: bare.p99 });
    }
    await log.close();
  } finally {
    await pool.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
  report.print();
}

async function openLog(pool, connectionString) {
  const log = await EventLog.open({
    pool,
    connect: () => connectTo(connectionString),
    service: 'auth',
    log: 'auth',
    types: { 'bench.done': { v: 1 } },
    clock: systemClock,
    ids: makeIds(() => Date.now()),
    holder: 'bench',
  });
  await log.claim([0]);
  return log;
}
