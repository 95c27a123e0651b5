import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Problem } from './problem.mjs';
import { LOG_SERVICES } from './state.mjs';

/** The database, and with the embedded server the role, of a service. */
export const databaseOf = (service) => `ganglion_${service}`;

/** The same server and credentials with another database. */
export function withDatabase(url, database) {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

const identifier = (text) => `"${text.replaceAll('"', '""')}"`;
const literal = (text) => `'${text.replaceAll("'", "''")}'`;

/** `pg` is a dependency of the project; it is looked up late, because the launcher may have to install it first. */
async function connect(checkout, connectionString) {
  const { Client } = createRequire(join(checkout, 'package.json'))('pg');
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: 15_000,
    application_name: 'ganglion launcher',
  });
  await client.connect();
  return client;
}

/**
 * Makes one role and one database per service on the embedded server; a role can enter its own database only. Does
 * nothing for those that are there.
 * @param {{ checkout: string, adminUrl: string, passwords: Record<string, string>, dataDir: string }} options
 * @returns {Promise<Record<string, string>>} URL by service
 */
export async function ensureOwnDatabases({ checkout, adminUrl, passwords, dataDir }) {
  const client = await connect(checkout, adminUrl).catch((error) => {
    if (error.code !== '28P01') throw error;
    throw new Problem(
      `The databases in ${dataDir} were made with other passwords than its servers.json holds. Restore that file, or start afresh, losing all data: npm start -- --reset`,
    );
  });
  try {
    const roles = await names(client, 'select rolname as name from pg_roles');
    const databases = await names(client, 'select datname as name from pg_database');
    if (!databases.has(databaseOf(LOG_SERVICES[0]))) {
      for (const shared of ['postgres', 'template1'])
        await client.query(`revoke all on database ${shared} from public`);
    }
    for (const service of LOG_SERVICES) {
      const name = databaseOf(service);
      if (!roles.has(name)) await client.query(`create role ${name} login password ${literal(passwords[service])}`);
      if (!databases.has(name)) await client.query(`create database ${name} owner ${name} template template0`);
      // Repeated at each start, because a launcher may have been killed between the two statements.
      await client.query(`revoke all on database ${name} from public`);
    }
  } finally {
    await client.end();
  }
  return byService((service) => {
    const url = new URL(withDatabase(adminUrl, databaseOf(service)));
    url.username = databaseOf(service);
    url.password = passwords[service];
    return url.href;
  });
}

/**
 * The services' databases on a server that is not ours: made when its role may, otherwise expected to be there.
 * @returns {Promise<Record<string, string>>} URL by service, with the given credentials
 */
export async function ensureDatabasesOn({ checkout, url }) {
  const client = await connect(checkout, url).catch((error) => {
    throw new Problem(
      `Cannot connect to GANGLION_POSTGRES_URL (${withoutSecrets(url)}): ${error.message || error.code}`,
    );
  });
  try {
    const databases = await names(client, 'select datname as name from pg_database');
    const missing = LOG_SERVICES.map(databaseOf).filter((name) => !databases.has(name));
    for (const name of missing) await createOn(client, name, missing);
  } finally {
    await client.end();
  }
  return byService((service) => withDatabase(url, databaseOf(service)));
}

async function createOn(client, name, missing) {
  try {
    // Order of text must not depend on the server's language: positions and cursors compare it.
    await client.query(
      `create database ${identifier(name)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
    );
  } catch (error) {
    if (error.code === '42P04' || error.code === '23505') return; // another launcher was first
    if (error.code !== '42501') throw error;
    const statements = missing.map(
      (each) =>
        `create database ${each} owner ${client.user} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C';`,
    );
    throw new Problem(
      `The role "${client.user}" of GANGLION_POSTGRES_URL may not create databases. As a superuser run:\n  ${statements.join('\n  ')}`,
    );
  }
}

const names = async (client, sql) => new Set((await client.query(sql)).rows.map(({ name }) => name));

const byService = (urlOf) => Object.fromEntries(LOG_SERVICES.map((service) => [service, urlOf(service)]));

/** A URL for messages and logs. */
export function withoutSecrets(url) {
  const shown = new URL(url);
  if (shown.password) shown.password = '***';
  return shown.href;
}
