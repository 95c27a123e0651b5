import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { verifyLog } from '@ganglion/event-store';
import { makeIds, systemClock } from '@ganglion/kernel';
import {
  beginRestore,
  describeMigrations,
  finishRestore,
  GANGLION_VERSION,
  type SchemaMigrations,
} from '@ganglion/service';
import { ProblemToSay } from '../place.js';
import { newIdentities, requireFates } from './identities.js';
import { secretFile, type Manifest } from './manifest.js';
import type { Progress } from './progress.js';
import { verifyBackup, type Backup } from './read-backup.js';
import { restoreDatabase } from './restore-database.js';
import { alone, connectedTo, examineTargets, occupied, requireFree, type Target } from './restore-target.js';
import { conflictingSecrets, writeSecrets } from './secrets.js';
import type { SystemPlace } from './system-place.js';

export interface RestoreOptions {
  backup: Backup;
  place: Pick<SystemPlace, 'urls' | 'dataDir' | 'adminUrl'>;
  /** All that this build knows, by service. */
  migrations: Record<LogService, SchemaMigrations>;
  replace: boolean;
  /** Asked before anything is deleted, with what it is. @throws when the answer is no */
  confirm: (what: string[]) => Promise<void>;
  progress: Progress;
}

/**
 * Makes a place of a backup: the same rows, under new identities of all logs, so that whatever remembers the old history
 * (streams of NATS, sync tokens, replicas) does not go on from a position that means something else now. Everything that can be
 * checked is checked before the first change. From then on until the end no service starts on these databases; a restore that was
 * interrupted is repeated by calling it again.
 * @returns `findings`: what the logs' own chains say against them, which the backup has brought along; none is good
 * @throws  ProblemToSay
 */
export async function restore(options: RestoreOptions): Promise<{ findings: string[] }> {
  const { backup, place, migrations, progress } = options;
  const { folder, manifest } = backup;
  for (const service of LOG_SERVICES) {
    requireKnown(service, manifest, migrations[service]);
    requireFates(service, manifest.services[service].tables);
  }
  progress.line('Checking every file of the backup');
  await verifyBackup(backup, progress);
  const secrets = new Map(manifest.secrets.map((name) => [name, readFileSync(join(folder, secretFile(name)))]));
  const targets = await examineTargets(place);
  return alone(
    targets.map(({ url }) => url),
    async () => {
      requireFree(targets, options.replace);
      await requireConsent(options, targets, conflictingSecrets(place.dataDir, secrets));
      await fillPlace(options, targets, secrets);
      return { findings: await verifyLogs(manifest, targets, progress) };
    },
  );
}

async function fillPlace(
  { backup: { folder, manifest }, place, migrations, progress }: RestoreOptions,
  targets: readonly Target[],
  secrets: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const ids = makeIds(() => systemClock.nowMs());
  const restoreId = ids.eventId();
  const source = { folder, manifest, identities: newIdentities(manifest, ids) };
  for (const { url } of targets) {
    await connectedTo(url, (client) => beginRestore(client, restoreId, `the backup of ${manifest.takenAt}`));
  }
  progress.line('Restoring');
  for (const target of targets) await restoreDatabase(target, source, migrations[target.service], progress);
  writeSecrets(place.dataDir, secrets);
  for (const { url } of targets) await connectedTo(url, finishRestore);
}

/** Recomputes the chains and compares them with the links that the manifest holds. */
async function verifyLogs({ services }: Manifest, targets: readonly Target[], progress: Progress): Promise<string[]> {
  const findings: string[] = [];
  progress.line('Verifying the logs');
  for (const { service, url } of targets) {
    for (const { log, head, link } of services[service].logs) {
      if (link === null) continue;
      const expect = [{ pos: head, link }];
      const { finding } = await progress.during(`log ${log}`, () =>
        connectedTo(url, (client) => verifyLog(client, log, { expect })),
      );
      if (finding) findings.push(`log ${log}, position ${finding.pos}: ${finding.detail}`);
    }
  }
  return findings;
}

/** @throws ProblemToSay when a newer build has made the backup */
function requireKnown(service: LogService, { services, ganglion }: Manifest, migrations: SchemaMigrations): void {
  const known = new Set(describeMigrations(migrations).map(({ name }) => name));
  const unknown = services[service].migrations.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new ProblemToSay(
    `The backup was made by Ganglion ${ganglion}; this is ${GANGLION_VERSION}, which does not know ${unknown.join(', ')} of ` +
      `${service}. Restore it with Ganglion ${ganglion} or a newer one.`,
  );
}

async function requireConsent(
  { place, replace, confirm }: RestoreOptions,
  targets: readonly Target[],
  conflicts: readonly string[],
): Promise<void> {
  if (conflicts.length > 0 && !replace) {
    throw new ProblemToSay(
      `${place.dataDir} holds other secrets than the backup (${conflicts.join(', ')}): it is the folder of another system. Give a ` +
        'new one with --data-dir, or --replace to overwrite them.',
    );
  }
  const lost = [
    ...occupied(targets).map(({ service }) => `the database of ${service}`),
    ...conflicts.map((name) => `the secret ${name} in ${place.dataDir}`),
  ];
  if (lost.length > 0) await confirm(lost);
}
