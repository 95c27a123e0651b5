import { GANGLION_VERSION } from './build.js';
import type { SchemaPlan } from './schema-plan.js';

/** This build must not serve on that database as it is. The message says what to do; shown without a stack. */
export class SchemaRefused extends Error {
  override readonly name = 'SchemaRefused';
}

export function tooNew(service: string, { version, compatibleSince, knownVersion, madeBy }: SchemaPlan): SchemaRefused {
  return new SchemaRefused(
    `The database of ${service} has schema version ${version}, made by Ganglion ${madeBy}. Only builds that know it up to ` +
      `version ${compatibleSince} can serve on it; this is Ganglion ${GANGLION_VERSION}, which knows version ` +
      `${knownVersion}. Start Ganglion ${madeBy} or a newer one.`,
  );
}

export function diverged(service: string, { madeBy, pending }: SchemaPlan): SchemaRefused {
  return new SchemaRefused(
    `The database of ${service} was changed by Ganglion ${madeBy}, which is not a version before this one ` +
      `(${GANGLION_VERSION}): it lacks ${namesOf(pending)} and has what this build does not know.`,
  );
}

export function manualOnly(service: string, { version, pending }: SchemaPlan): SchemaRefused {
  return new SchemaRefused(
    `The database of ${service} has schema version ${version} and needs ${namesOf(pending)}. server.migrate is "manual": ` +
      'run `ganglion upgrade`, then start again.',
  );
}

export function stillServed(service: string, { pending }: SchemaPlan, processes: readonly string[]): SchemaRefused {
  return new SchemaRefused(
    `${service}: ${namesOf(pending.filter((one) => !one.oldProcessesMayServe))} must not run while processes of an older ` +
      `version serve: ${processes.join(', ')}. Stop them first, then start this one or run \`ganglion upgrade\`. ` +
      '`ganglion upgrade --check` says this beforehand for all services.',
  );
}

export function restoreUnfinished(service: string, backup: string): SchemaRefused {
  return new SchemaRefused(
    `The database of ${service} is only partly restored, from ${backup}: that restore was interrupted. Run ` +
      '`ganglion restore` again; it starts over. Until then nothing may serve on it.',
  );
}

const namesOf = (pending: SchemaPlan['pending']): string => pending.map(({ name }) => name).join(', ');
