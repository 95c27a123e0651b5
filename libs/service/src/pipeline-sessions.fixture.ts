import { randomBytes } from 'node:crypto';
import pg from 'pg';

export function setting(name: 'GANGLION_TEST_POSTGRES_URL' | 'GANGLION_TEST_NATS_URL'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run through npm test`);
  return value;
}

export const uniqueName = (): string => `pipeline_${randomBytes(8).toString('hex')}`;

/** Runs one statement outside every database under test. */
export async function onServer(statement: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client(setting('GANGLION_TEST_POSTGRES_URL'));
  await client.connect();
  try {
    await client.query(statement, values);
  } finally {
    await client.end();
  }
}

/** The connections of one process to one database. */
export class Sessions {
  readonly pool: pg.Pool;
  private readonly name = uniqueName();
  private readonly url: string;

  constructor(database: string) {
    const url = new URL(setting('GANGLION_TEST_POSTGRES_URL'));
    url.pathname = `/${database}`;
    this.url = url.href;
    this.pool = new pg.Pool({ connectionString: this.url, max: 4, application_name: this.name });
    // A session that is cut while idle is made anew; one that is at work says so to whom it works for.
    this.pool.on('error', () => undefined);
  }

  readonly connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: this.url, application_name: this.name });
    await client.connect();
    return client;
  };

  /** As when the process is killed: what is under way is rolled back, or committed without anybody hearing of it. */
  async cut(): Promise<void> {
    await onServer('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [this.name]);
  }
}
