import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { systemTimers, type Timers } from '@ganglion/event-store';
import { MIGRATION_LOCK } from '@ganglion/service';
import pg from 'pg';
import { ProblemToSay } from '../place.js';
import { quoted, readTables } from './tables.js';

export interface Cut {
  /** One transaction in each database, all of the same moment; read-only. */
  snapshots: Record<LogService, pg.Client>;
  /** When it was taken, ms since the epoch. */
  takenAtMs: number;
  /** How long appends had to wait, in the attempt that worked. */
  heldMs: number;
  attempts: number;
  /** Ends the transactions and closes the connections. */
  release(): Promise<void>;
}

export interface CutOptions {
  /** Longest wait for the lock of one log, and so how long the others are held. */
  lockTimeoutMs?: number;
  attempts?: number;
  timers?: Timers;
  /** For tests: runs while every log is locked and no snapshot has begun. */
  whileHeld?: () => Promise<void>;
}

/** Longest wait for a migration under way, or for something that holds a whole table. */
const TABLES_WITHIN_MS = 3_000;
/** A locker whose process was stopped half-way is thrown out by the server, so that appends go on. */
const FROZEN_AFTER_MS = 5_000;
const PAUSE_MS = 250;

/**
 * One moment of all logs. While the row of every log is locked nobody can append anywhere, so no reader can learn of an event
 * that another snapshot lacks: every reader's cursor is at or before the head of its log. Each snapshot begins between the last
 * lock and the first release; how much is copied from it afterwards is nobody's concern.
 * @throws ProblemToSay when the locks are not to be had
 */
export async function takeCut(urls: Record<LogService, string>, options: CutOptions = {}): Promise<Cut> {
  const { lockTimeoutMs = 500, attempts = 20, timers = systemTimers, whileHeld } = options;
  for (let attempt = 1; ; attempt++) {
    const cut = await tryOnce(urls, lockTimeoutMs, whileHeld);
    if (cut) return { ...cut, attempts: attempt };
    if (attempt === attempts) {
      throw new ProblemToSay(
        `The logs could not all be locked within ${lockTimeoutMs} ms, ${attempts} times over: something holds one of them, ` +
          'such as a migration or another backup. Nothing was written; try again later.',
      );
    }
    await new Promise<void>((resolve) => timers.after(PAUSE_MS * Math.min(attempt, 8), resolve));
  }
}

async function tryOnce(
  urls: Record<LogService, string>,
  lockTimeoutMs: number,
  whileHeld?: () => Promise<void>,
): Promise<Omit<Cut, 'attempts'> | null> {
  const opened: pg.Client[] = [];
  const closeAll = async () => void (await Promise.all(opened.map((client) => client.end())));
  try {
    const pairs = await Promise.all(
      LOG_SERVICES.map(async (service) => {
        const connect = () => connected(urls[service], opened);
        const [locker, snapshot] = [await connect(), await connect()];
        await requireLog(snapshot, service);
        const tables = await beginSnapshot(snapshot);
        await beginLock(locker, lockTimeoutMs);
        return { service, locker, snapshot, tables };
      }),
    );
    const beganMs = performance.now();
    const locked = await Promise.allSettled(pairs.map(({ locker }) => locker.query(LOCK)));
    const refused = locked.find((outcome) => outcome.status === 'rejected');
    if (!refused) {
      await whileHeld?.();
      await Promise.all(pairs.map(({ snapshot }) => snapshot.query('select log from log')));
    }
    const takenAtMs = Date.now();
    // Fails when the server has thrown a locker out meanwhile: then the snapshots are of no common moment.
    await Promise.all(pairs.map(({ locker }) => locker.query('rollback')));
    const heldMs = performance.now() - beganMs;
    if (refused) throw refused.reason;
    await Promise.all(pairs.map(({ locker }) => locker.end()));
    for (const { snapshot, tables } of pairs) await requireLocked(snapshot, tables);
    const snapshots = Object.fromEntries(pairs.map(({ service, snapshot }) => [service, snapshot])) as Cut['snapshots'];
    return { snapshots, takenAtMs, heldMs, release: closeAll };
  } catch (error) {
    await closeAll();
    if (error instanceof Changed || PASSING.has((error as { code?: string }).code ?? '')) return null;
    throw error;
  }
}

/** Something made or dropped tables while the cut was prepared. */
class Changed extends Error {}

/** A lock that was not to be had in time; a table that has gone since it was listed. */
const PASSING = new Set(['55P03', '42P01']);

async function connected(url: string, opened: pg.Client[]): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'ganglion backup', keepAlive: true });
  client.on('error', () => undefined); // the next statement on it fails and says so
  await client.connect();
  opened.push(client);
  return client;
}

/** The lock that `append` takes, of every log of the database. */
const LOCK = 'select log from log order by log for no key update';

async function beginLock(client: pg.Client, lockTimeoutMs: number): Promise<void> {
  await client.query('begin');
  await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
  await client.query(`set local idle_in_transaction_session_timeout = ${FROZEN_AFTER_MS}`);
}

/**
 * Opens the transaction; its snapshot is taken by the first statement that reads. Until it ends no migration can run and no table
 * be emptied, dropped or exchanged: a snapshot does not protect from these, they would be copied as if they had been empty. Texts
 * must not depend on how the server is set up.
 * @returns names of the tables
 */
async function beginSnapshot(client: pg.Client): Promise<string[]> {
  await client.query(`set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set timezone = 'UTC';
    set bytea_output = 'hex'; set extra_float_digits = 1; set statement_timeout = 0;
    set idle_in_transaction_session_timeout = 0; set lock_timeout = ${TABLES_WITHIN_MS}`);
  await client.query('select pg_advisory_lock_shared($1)', [MIGRATION_LOCK]);
  const tables = (await readTables(client)).map(({ name }) => name);
  await client.query('begin isolation level repeatable read read only');
  await client.query(`lock table ${tables.map((name) => `public.${quoted(name)}`).join(', ')} in access share mode`);
  return tables;
}

async function requireLocked(snapshot: pg.Client, locked: readonly string[]): Promise<void> {
  const seen = (await readTables(snapshot)).map(({ name }) => name);
  if (seen.join() !== locked.join()) throw new Changed();
}

async function requireLog(client: pg.Client, service: LogService): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass('public.log') is not null as there`);
  if (rows[0]!.there) return;
  throw new ProblemToSay(`The database of ${service} has no log yet: start the whole system once, then back it up.`);
}
