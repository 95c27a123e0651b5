import type { KnownMigration } from './migration.js';

/** A migration that the database has seen. */
export interface AppliedMigration {
  /** 1 for the first, without gaps; that of the newest is the version of the schema. */
  version: number;
  name: string;
  /** A build that knows the schema up to this version can serve on it. */
  compatibleSince: number;
  /** Ganglion version that applied it. */
  build: string;
}

export type SchemaVerdict =
  /** The database is exactly what this build expects. */
  | 'current'
  /** Migrations are to be run. */
  | 'outdated'
  /** A newer build has added what this one need not know. */
  | 'ahead'
  /** A newer build has changed what this one would misread. */
  | 'too-new'
  /** It lacks migrations of this build and has others that this build does not know: they are no versions of each other. */
  | 'diverged';

export interface SchemaPlan {
  verdict: SchemaVerdict;
  /** Version of the schema now; 0: an empty database. */
  version: number;
  /** Oldest version a build may know and serve. */
  compatibleSince: number;
  /** Up to which version this build knows what there is. */
  knownVersion: number;
  /** Ganglion version that made the schema what it is; null: nobody has. */
  madeBy: string | null;
  pending: KnownMigration[];
  /** Processes that do not know the pending migrations may serve while these run, and afterwards. */
  oldProcessesMayServe: boolean;
}

/** What this build can do with a database. @param applied  ascending by version */
export function planSchema(known: readonly KnownMigration[], applied: readonly AppliedMigration[]): SchemaPlan {
  const knownNames = new Set(known.map(({ name }) => name));
  const appliedNames = new Set(applied.map(({ name }) => name));
  const pending = known.filter(({ name }) => !appliedNames.has(name));
  const firstUnknown = applied.findIndex(({ name }) => !knownNames.has(name));
  const knownVersion = firstUnknown < 0 ? applied.length : firstUnknown;
  const newest = applied.at(-1);
  const compatibleSince = newest?.compatibleSince ?? 0;
  return {
    verdict: verdictOf({ isTooNew: knownVersion < compatibleSince, isAhead: firstUnknown >= 0, lacks: pending.length }),
    version: applied.length,
    compatibleSince,
    knownVersion,
    madeBy: newest?.build ?? null,
    pending,
    oldProcessesMayServe: pending.every(({ oldProcessesMayServe }) => oldProcessesMayServe),
  };
}

function verdictOf({
  isTooNew,
  isAhead,
  lacks,
}: {
  isTooNew: boolean;
  isAhead: boolean;
  lacks: number;
}): SchemaVerdict {
  if (isTooNew) return 'too-new';
  if (isAhead) return lacks > 0 ? 'diverged' : 'ahead';
  return lacks > 0 ? 'outdated' : 'current';
}
