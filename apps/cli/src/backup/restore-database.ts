import { join } from 'node:path';
import type { LogService } from '@ganglion/contracts';
import { bringUpToDate, type SchemaMigrations } from '@ganglion/service';
import type pg from 'pg';
import { ProblemToSay } from '../place.js';
import { copyIn } from './copy.js';
import { ABOUT_PROCESSES, adoptIdentities, ALSO } from './identities.js';
import type { BackedUpDatabase, Manifest } from './manifest.js';
import type { Progress } from './progress.js';
import { connectedTo, emptyDatabase, type Target } from './restore-target.js';
import { quoted, readTables, type TableShape } from './tables.js';

export interface RestoreSource {
  folder: string;
  manifest: Manifest;
  /** By the old ones. */
  identities: ReadonlyMap<string, string>;
}

/**
 * Fills one database: an empty schema of the backup's version, then all rows in one transaction, then the new identities. Whoever
 * calls has marked the database as unfinished, so a crash in here is repeated from the beginning.
 */
export async function restoreDatabase(
  { service, url }: Target,
  source: RestoreSource,
  migrations: SchemaMigrations,
  progress: Progress,
): Promise<void> {
  const backedUp = source.manifest.services[service];
  const members = await connectedTo(url, emptyDatabase);
  const wanted = migrations.filter((Migration) => backedUp.migrations.includes(new Migration().name));
  await bringUpToDate({ url, service, migrations: wanted, mode: 'restore' });
  await connectedTo(url, async (client) => {
    const tables = await readTables(client);
    requireSameShape(service, tables, backedUp);
    const filled = tables.filter(({ name }) => name !== 'schema_version' || holds(backedUp, name));
    await client.query('begin');
    // Migrations leave rows behind.
    await client.query(`truncate ${filled.map(({ name }) => `public.${quoted(name)}`).join(', ')}`);
    await fill(client, service, filled, source, progress);
    await adoptIdentities(client, service, tables, source.identities);
    if (ALSO[service]) await client.query(ALSO[service]);
    await restoreSequences(client, backedUp);
    // They may be serving still from what this place held before, until their leases end.
    if (members.length > 0) await client.query('insert into fence_member select unnest($1::text[])', [members]);
    await client.query('commit');
    await client.query('analyze');
  });
}

const holds = ({ tables }: BackedUpDatabase, table: string): boolean => tables.some(({ name }) => name === table);

async function fill(
  client: pg.Client,
  service: LogService,
  tables: readonly TableShape[],
  { folder, manifest }: RestoreSource,
  progress: Progress,
): Promise<void> {
  for (const { name } of tables) {
    const table = manifest.services[service].tables.find((one) => one.name === name);
    if (!table || ABOUT_PROCESSES.has(name)) continue;
    await progress.during(`${service}.${name}`, async (onBytes) => {
      await copyIn(client, table, join(folder, table.file), manifest.files[table.file]!, onBytes);
      return { rows: table.rows };
    });
  }
}

/**
 * The migrations of this build must give the very tables that were backed up. `schema_version` may be missing there: databases from
 * before there was one get it with their next migration.
 */
export function requireSameShape(
  service: LogService,
  made: readonly TableShape[],
  backedUp: Pick<BackedUpDatabase, 'tables'>,
) {
  const describe = (tables: readonly TableShape[]) =>
    tables
      .filter(({ name }) => name !== 'schema_version')
      .flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name} ${column.type}`));
  const [here, there] = [new Set(describe(made)), new Set(describe(backedUp.tables))];
  const missing = [...there].filter((column) => !here.has(column));
  const added = [...here].filter((column) => !there.has(column));
  if (missing.length === 0 && added.length === 0) return;
  const all = [
    ...missing.map((column) => `only in the backup: ${column}`),
    ...added.map((column) => `only here: ${column}`),
  ];
  throw new ProblemToSay(
    `The same migrations of ${service} have made other tables here than in the backup: ${all.join('; ')}. It was made by ` +
      'a build that was never released as it was. Use that build.',
  );
}

async function restoreSequences(client: pg.Client, { sequences }: BackedUpDatabase): Promise<void> {
  for (const { name, lastValue } of sequences) {
    const sequence = `public.${quoted(name)}`;
    if (lastValue !== null) await client.query('select setval($1::regclass, $2::bigint)', [sequence, lastValue]);
    else {
      // The migrations may have used it already.
      await client.query(
        `select setval($1::regclass, start_value, false) from pg_sequences where schemaname = 'public' and sequencename = $2`,
        [sequence, name],
      );
    }
  }
}
