import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import type { Queryable } from '@ganglion/event-store';
import { liveProcesses, readRestoreMark, type RestoreMark } from '@ganglion/service';
import pg from 'pg';
import { ProblemToSay } from '../place.js';
import { withoutSecrets, type SystemPlace } from './system-place.js';
import { quoted } from './tables.js';

/** A database that is to be restored into, as it was found. */
export interface Target {
  service: LogService;
  url: string;
  hasTables: boolean;
  mark: RestoreMark | null;
  /** Processes that serve on it. */
  living: string[];
}

export async function examineTargets({ urls, adminUrl }: Pick<SystemPlace, 'urls' | 'adminUrl'>): Promise<Target[]> {
  if (adminUrl) for (const service of LOG_SERVICES) await makeDatabaseIfMissing(adminUrl, urls[service]);
  return Promise.all(
    LOG_SERVICES.map((service) => connectedTo(urls[service], (client) => examine(client, service, urls[service]))),
  );
}

/** Any number; two restores of one place exclude each other on it. */
const RESTORE_LOCK = 7_264_002;

/** Runs `work` while no other restore can touch these databases. @throws ProblemToSay when one is under way */
export async function alone<T>(urls: readonly string[], work: () => Promise<T>): Promise<T> {
  const [url, ...others] = urls;
  if (url === undefined) return work();
  return connectedTo(url, async (client) => {
    const { rows } = await client.query<{ ours: boolean }>('select pg_try_advisory_lock($1) as ours', [RESTORE_LOCK]);
    if (!rows[0]!.ours) throw new ProblemToSay(`Another restore into ${withoutSecrets(url)} is under way.`);
    return alone(others, work);
  });
}

async function examine(client: pg.Client, service: LogService, url: string): Promise<Target> {
  const { rows } = await client.query<{ there: boolean }>(
    `select exists (select 1 from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')) as there`,
  );
  const mark = await readRestoreMark(client);
  return { service, url, hasTables: rows[0]!.there, mark, living: await liveProcesses(client) };
}

/** Databases that hold something which is not what an interrupted restore has left. */
export function occupied(targets: readonly Target[]): Target[] {
  const unfinished = new Set(targets.flatMap(({ mark }) => (mark && !mark.finished ? [mark.restoreId] : [])));
  return targets.filter(({ hasTables, mark }) => hasTables && !(mark && unfinished.has(mark.restoreId)));
}

/** @throws ProblemToSay when something is alive on them, or they hold data and `replace` was not said */
export function requireFree(targets: readonly Target[], replace: boolean): void {
  const serving = targets.filter(({ living }) => living.length > 0);
  if (serving.length > 0) {
    const who = serving.map(({ service, living }) => `${service} (${living.join(', ')})`).join(', ');
    throw new ProblemToSay(
      `These serve on the databases: ${who}. Stop the whole system, gateways too, and restore then.`,
    );
  }
  const full = occupied(targets);
  if (full.length === 0 || replace) return;
  const where = full.map(({ service, url }) => `  - ${service}: ${withoutSecrets(url)}`).join('\n');
  throw new ProblemToSay(
    `These databases are not empty:\n${where}\nRestore into a new place (--into, --data-dir), or give --replace to delete what is there.`,
  );
}

/** Removes all that migrations have made; the place's own list of members of the fence is given back. */
export async function emptyDatabase(db: Queryable): Promise<string[]> {
  const members = await membersOf(db);
  const list = async (text: string) => (await db.query<{ name: string }>({ text })).rows.map(({ name }) => name);
  const ours = `relnamespace = 'public'::regnamespace`;
  for (const name of await list(`select relname as name from pg_class where ${ours} and relkind in ('v', 'm')`)) {
    await db.query({ text: `drop view if exists public.${quoted(name)} cascade` });
  }
  for (const name of await list(`select relname as name from pg_class where ${ours} and relkind in ('r', 'p')`)) {
    await db.query({ text: `drop table if exists public.${quoted(name)} cascade` });
  }
  for (const name of await list(`select relname as name from pg_class where ${ours} and relkind = 'S'`)) {
    await db.query({ text: `drop sequence if exists public.${quoted(name)} cascade` });
  }
  const routines = `select p.oid::regprocedure::text as name from pg_proc p where p.pronamespace = 'public'::regnamespace
    and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')`;
  for (const name of await list(routines)) await db.query({ text: `drop routine if exists ${name} cascade` });
  return members;
}

async function membersOf(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ there: boolean }>({
    text: `select to_regclass('public.fence_member') is not null as there`,
  });
  if (!rows[0]!.there) return [];
  const members = await db.query<{ member_id: string }>({ text: 'select member_id from fence_member' });
  return members.rows.map(({ member_id }) => member_id);
}

export async function makeDatabaseIfMissing(adminUrl: string, url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  await connectedTo(adminUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount) return;
    // Order of text must not depend on the server's language: positions and cursors compare it.
    const statement = `create database ${quoted(name)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`;
    try {
      await client.query(statement);
    } catch (error) {
      if ((error as { code?: string }).code !== '42501') throw error;
      throw new ProblemToSay(`The role "${client.user}" may not create databases. As a superuser run:\n  ${statement}`);
    }
  });
}

export async function connectedTo<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'ganglion restore', keepAlive: true });
  client.on('error', () => undefined); // the next statement on it fails and says so
  try {
    await client.connect();
  } catch (error) {
    throw new ProblemToSay(`Cannot connect to ${withoutSecrets(url)}: ${(error as Error).message}`);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
