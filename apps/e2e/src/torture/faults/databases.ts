import pg from 'pg';

/** One connection of our own to the cluster, for so long as a statement takes: it would break with everybody else's. */
export async function onCluster<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  // Told at the next statement, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Sessions that the processes of a service have in its database, by process id of the server. */
export async function sessionsOf(client: pg.Client, service: string): Promise<{ pid: number; process: string }[]> {
  const { rows } = await client.query<{ pid: number; application_name: string }>(
    `select pid, application_name from pg_stat_activity
      where datname like '%' || $1 and application_name like $1 || '-%' order by application_name, pid`,
    [service],
  );
  return rows.map(({ pid, application_name: name }) => ({ pid, process: name.replace(/-(reads|writer)$/, '') }));
}

export async function terminate(client: pg.Client, pids: readonly number[]): Promise<number> {
  const { rowCount } = await client.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);
  return rowCount ?? 0;
}
