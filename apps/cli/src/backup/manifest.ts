import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

/** Raised when a reader of the old format would get something wrong. */
export const FORMAT = 1;
export const MANIFEST = 'manifest.json';
/** Digests of all files, as `sha256sum -c` reads them. */
export const SUMS = 'SHA256SUMS';

const Count = Type.Integer({ minimum: 0 });
const Column = Type.Object({ name: Type.String(), type: Type.String() });

const Table = Type.Object({
  name: Type.String(),
  /** Those that are stored, in the order in which the file has them. */
  columns: Type.Array(Column),
  rows: Count,
  /** Of the text of COPY, before compression. */
  sizeBytes: Count,
  file: Type.String(),
});

const Sequence = Type.Object({
  name: Type.String(),
  /** Null: no value was taken yet. Text, because it may be beyond 2^53. */
  lastValue: Type.Union([Type.String(), Type.Null()]),
});

const Log = Type.Object({
  log: Type.String(),
  logId: Type.String(),
  head: Count,
  /** Link of the chain at the head, hexadecimal: `ganglion events verify` takes it as an anchor. Null: from before there was a chain. */
  link: Type.Union([Type.String(), Type.Null()]),
});
const Reader = Type.Object({ name: Type.String(), logId: Type.String(), pos: Count });

const Database = Type.Object({
  /** Of its Postgres; the text of COPY can be read by any other. */
  postgres: Type.String(),
  schemaVersion: Count,
  compatibleSince: Count,
  /** Names, in the order in which they were run. */
  migrations: Type.Array(Type.String()),
  logs: Type.Array(Log),
  readers: Type.Array(Reader),
  tables: Type.Array(Table),
  sequences: Type.Array(Sequence),
});

const ManifestSchema = Type.Object({
  format: Type.Literal(FORMAT),
  /** Ganglion version that made it. */
  ganglion: Type.String(),
  serverName: Type.String(),
  /** When the cut was taken, ISO 8601. */
  takenAt: Type.String(),
  note: Type.String(),
  cut: Type.Object({
    /** How long appends had to wait for it. */
    heldMs: Type.Number(),
    attempts: Count,
  }),
  services: Type.Object(
    Object.fromEntries(LOG_SERVICES.map((service) => [service, Database])) as Record<LogService, typeof Database>,
  ),
  /** Files of `secrets/`; empty when they were left out. */
  secrets: Type.Array(Type.String()),
  /** Secrets that stand in the configuration and therefore not in here; the restored place needs the same. */
  configuredSecrets: Type.Array(Type.String()),
  files: Type.Record(Type.String(), Type.Object({ sizeBytes: Count, sha256: Type.String() })),
});

/** What a backup says of itself. */
export type Manifest = Static<typeof ManifestSchema>;
export type BackedUpDatabase = Static<typeof Database>;
export type BackedUpTable = Static<typeof Table>;
export type BackedUpColumn = Static<typeof Column>;

/** @throws Error saying what is wrong with it */
export function parseManifest(text: string): Manifest {
  const value = JSON.parse(text) as { format?: unknown };
  if (value?.format !== FORMAT)
    throw new Error(`it has the format ${String(value?.format)}; this build reads ${FORMAT}`);
  for (const { instancePath, message } of Value.Errors(ManifestSchema, value))
    throw new Error(`${instancePath} ${message}`);
  const manifest = value as Manifest;
  for (const path of Object.keys(manifest.files)) {
    if (!/^[A-Za-z0-9_]+(\/[A-Za-z0-9_.-]+)?$/.test(path) || path.includes('..'))
      throw new Error(`${path} is no name of ours`);
  }
  const named = LOG_SERVICES.flatMap((service) => manifest.services[service].tables.map(({ file }) => file));
  for (const path of [...named, ...manifest.secrets.map(secretFile)]) {
    if (!manifest.files[path]) throw new Error(`it has no digest of ${path}`);
  }
  return manifest;
}

export const tableFile = (service: LogService, table: string): string => `${service}/${table}.copy.gz`;
export const secretFile = (name: string): string => `secrets/${name}`;

/** The lines of `SHA256SUMS`. */
export function sumsOf(files: Manifest['files'], manifestSha256: string): string {
  const lines = Object.entries(files).map(([path, { sha256 }]) => `${sha256}  ${path}\n`);
  return [...lines, `${manifestSha256}  ${MANIFEST}\n`].join('');
}
