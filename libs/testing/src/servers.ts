import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** The servers that `npm test` has started. */
export function testServers(): { postgresUrl: string; natsUrl: string } {
  const { GANGLION_TEST_POSTGRES_URL: postgresUrl, GANGLION_TEST_NATS_URL: natsUrl } = process.env;
  if (!postgresUrl || !natsUrl)
    throw new Error('This suite needs Postgres and NATS: run it through `npm test -- <folder>`.');
  return { postgresUrl, natsUrl };
}

/** Different in every test file, so that they run side by side on the same servers. */
export function uniqueName(): string {
  return `t${randomBytes(6).toString('hex')}`;
}

/** An empty database of the test's own. */
export async function makeDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { postgresUrl } = testServers();
  const name = uniqueName();
  await asAdmin(postgresUrl, `create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(postgresUrl, `drop database if exists ${name} with (force)`) };
}

async function asAdmin(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
