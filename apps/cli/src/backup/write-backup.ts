import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '@ganglion/config';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { GANGLION_VERSION, readApplied } from '@ganglion/service';
import type pg from 'pg';
import { ProblemToSay } from '../place.js';
import { destinationOf, discard, publish } from './archive.js';
import { copyOut, type FileDigest } from './copy.js';
import { takeCut, type Cut, type CutOptions } from './cut.js';
import {
  FORMAT,
  MANIFEST,
  secretFile,
  SUMS,
  sumsOf,
  tableFile,
  type BackedUpDatabase,
  type Manifest,
} from './manifest.js';
import type { Progress } from './progress.js';
import { configuredSecrets, readSecrets } from './secrets.js';
import type { SystemPlace } from './system-place.js';
import { readSequences, readTables } from './tables.js';

export interface BackupOptions {
  place: Pick<SystemPlace, 'urls' | 'dataDir'>;
  config: Config;
  /** Folder, or file that ends in .tar. */
  to: string;
  withSecrets: boolean;
  progress: Progress;
  cut?: CutOptions;
}

const WITH_SECRETS =
  'This backup holds the keys of the server and the hashes of passwords and tokens. Whoever has it can act as the server and as ' +
  'everybody on it. Keep it encrypted.';
const WITHOUT_SECRETS =
  'The keys of the data folder were left out: without them tokens, events and registrations of this backup are of little use. ' +
  'It still holds hashes of passwords and tokens, and what people wrote.';

/**
 * Copies everything that must outlive the machine: all databases as of one moment, and the secrets of the data folder. The system
 * may run meanwhile. What is written has its name only when it is whole; a failure leaves nothing.
 * @returns where it is
 * @throws  ProblemToSay
 */
export async function writeBackup(options: BackupOptions): Promise<{ path: string; manifest: Manifest }> {
  const { place, config, withSecrets } = options;
  const secrets = withSecrets ? secretsOf(place.dataDir) : new Map<string, Buffer>();
  const destination = destinationOf(options.to, nameOf(config.server.server_name));
  const cut = await takeCut(place.urls, options.cut);
  try {
    mkdirSync(destination.folder, { mode: 0o700 });
    const manifest = await fill(destination.folder, cut, secrets, options);
    await publish(destination);
    return { path: destination.target, manifest };
  } catch (error) {
    discard(destination);
    throw error;
  } finally {
    await cut.release();
  }
}

async function fill(
  folder: string,
  cut: Cut,
  secrets: ReadonlyMap<string, Buffer>,
  { config, progress }: BackupOptions,
): Promise<Manifest> {
  const files: Record<string, FileDigest> = {};
  const services: Partial<Record<LogService, BackedUpDatabase>> = {};
  for (const service of LOG_SERVICES) {
    services[service] = await describe(cut.snapshots[service]);
    for (const table of services[service].tables) {
      table.file = tableFile(service, table.name);
      const path = inFolder(folder, table.file);
      const copied = await progress.during(`${service}.${table.name}`, (onBytes) =>
        copyOut(cut.snapshots[service], table, path, onBytes),
      );
      Object.assign(table, { rows: copied.rows, sizeBytes: copied.sizeBytes });
      files[table.file] = copied.file;
    }
    services[service].sequences = await readSequences(cut.snapshots[service]);
    await cut.snapshots[service].query('commit'); // what waits to change its tables may go on
  }
  for (const [name, content] of secrets) {
    writeFileSync(inFolder(folder, secretFile(name)), content, { mode: 0o600, flag: 'wx', flush: true });
    files[secretFile(name)] = { sizeBytes: content.length, sha256: sha256(content) };
  }
  const manifest: Manifest = {
    format: FORMAT,
    ganglion: GANGLION_VERSION,
    serverName: config.server.server_name,
    takenAt: new Date(cut.takenAtMs).toISOString(),
    note: secrets.size > 0 ? WITH_SECRETS : WITHOUT_SECRETS,
    cut: { heldMs: Math.round(cut.heldMs * 10) / 10, attempts: cut.attempts },
    services: services as Record<LogService, BackedUpDatabase>,
    secrets: [...secrets.keys()],
    configuredSecrets: configuredSecrets(config),
    files,
  };
  requireOneMoment(manifest);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const last = { mode: 0o600, flag: 'wx', flush: true } as const;
  writeFileSync(join(folder, SUMS), sumsOf(files, sha256(text)), last);
  writeFileSync(join(folder, MANIFEST), text, last);
  return manifest;
}

async function describe(snapshot: pg.Client): Promise<BackedUpDatabase> {
  const applied = await readApplied(snapshot);
  const logs = await snapshot.query<{ log: string; logId: string; head: string; link: string | null }>(
    // As JSON, because older schemas have no links.
    `select log, log_id as "logId", head, substr(to_jsonb(l) ->> 'link', 3) as link from log l order by log`,
  );
  const readers = await snapshot.query<{ name: string; logId: string; pos: string }>(
    'select name, log_id as "logId", pos from cursor order by name',
  );
  const version = await snapshot.query<{ server_version: string }>('show server_version');
  return {
    postgres: version.rows[0]!.server_version,
    schemaVersion: applied.length,
    compatibleSince: applied.at(-1)?.compatibleSince ?? 0,
    migrations: applied.map(({ name }) => name),
    logs: logs.rows.map((row) => ({ ...row, head: Number(row.head) })),
    readers: readers.rows.map((row) => ({ ...row, pos: Number(row.pos) })),
    tables: (await readTables(snapshot)).map((table) => ({ ...table, rows: 0, sizeBytes: 0, file: '' })),
    sequences: [],
  };
}

/** What the cut promises, checked before the backup is called one: nobody has read what its source does not hold. */
export function requireOneMoment({ services }: Pick<Manifest, 'services'>): void {
  const heads = new Map(Object.values(services).flatMap(({ logs }) => logs.map(({ logId, head }) => [logId, head])));
  for (const [service, { readers }] of Object.entries(services)) {
    for (const { name, logId, pos } of readers) {
      const head = heads.get(logId);
      if (head !== undefined && pos > head) {
        throw new Error(`${name} of ${service} stands at ${pos}, the log it reads ends at ${head}: no moment had both`);
      }
    }
  }
}

function secretsOf(dataDir: string): Map<string, Buffer> {
  const secrets = readSecrets(dataDir);
  if (secrets.size > 0) return secrets;
  throw new ProblemToSay(
    `There are no secrets in ${dataDir}: name the data folder of the services with --data-dir, or leave them out with ` +
      '--without-secrets. A system restored without its keys takes no token that it has given out.',
  );
}

function inFolder(folder: string, file: string): string {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return path;
}

/** Such as ganglion-example.org-20261124T134700Z. */
function nameOf(serverName: string): string {
  const at = new Date().toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  return `ganglion-${serverName.replaceAll(/[^A-Za-z0-9.-]/g, '_')}-${at}`;
}

export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');
