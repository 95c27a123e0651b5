import type { Config } from '@ganglion/config';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import pg from 'pg';
import type { RunFile } from '../place.js';
import { bad, good, warning, type Finding } from './finding.js';

const MAX_SKEW_MS = 2_000;

export async function examineDatabases(run: RunFile | null, config: Config): Promise<Finding[]> {
  const findings = await Promise.all(
    LOG_SERVICES.map((service) => examineDatabase(service, urlOf(service, run, config))),
  );
  return findings.flat();
}

function urlOf(service: LogService, run: RunFile | null, config: Config): string | null {
  const configured = config[service].database_url ?? run?.postgres?.urls?.[service];
  if (configured) return configured;
  if (!config.postgres.url) return null;
  const url = new URL(config.postgres.url);
  url.pathname = `/ganglion_${service}`;
  return url.href;
}

async function examineDatabase(service: LogService, url: string | null): Promise<Finding[]> {
  const what = `database of ${service}`;
  if (!url) return [warning(what, 'not running', 'start the system with `npm start`, or set GANGLION_POSTGRES_URL')];
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    const askedAt = Date.now();
    const { rows } = await client.query<{ version: string; now: string; migrations: boolean }>(
      `select current_setting('server_version') as version, extract(epoch from clock_timestamp()) * 1000 as now,
        to_regclass('migrations') is not null as migrations`,
    );
    const { version, now, migrations } = rows[0]!;
    if (!migrations) return [warning(what, `Postgres ${version}, empty`, `${service} makes its tables when it starts`)];
    const done = await client.query<{ count: string; newest: string }>(
      'select count(*) over (), name as newest from migrations order by id desc limit 1',
    );
    const { count, newest } = done.rows[0]!;
    return [
      good(what, `Postgres ${version}, ${count} migrations, newest ${newest}`),
      ...skew(service, Number(now), askedAt),
    ];
  } catch (error) {
    return [
      bad(
        what,
        (error as Error).message,
        'is Postgres running, and are address and password right? `ganglion config print`',
      ),
    ];
  } finally {
    await client.end().catch(() => undefined); // it may never have connected
  }
}

/** Leases and token expiry compare clocks; one finding is enough, so only for the first database. */
function skew(service: LogService, databaseMs: number, askedAtMs: number): Finding[] {
  if (service !== LOG_SERVICES[0]) return [];
  const byMs = Math.round(databaseMs - askedAtMs);
  const found = `${Math.abs(byMs)} ms between this machine and Postgres`;
  if (Math.abs(byMs) <= MAX_SKEW_MS) return [good('clock', found)];
  return [bad('clock', found, 'let both machines keep time by NTP')];
}
