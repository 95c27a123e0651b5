import pg from 'pg';

/** A connection of its own, open. @param applicationName  what people see of it in `pg_stat_activity` */
export async function connectTo(url: string, applicationName?: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  await client.connect();
  return client;
}
