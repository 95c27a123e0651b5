import { LOG_SERVICES, type LogService } from '@ganglion/contracts';
import { bringUpToDate, inspectSchema, liveProcesses, type SchemaMigrations } from '@ganglion/service';
import { connectedTo } from '../backup/restore-target.js';
import { migrationsByService } from '../backup/schemas.js';
import { ProblemToSay } from '../place.js';
import { mustStop, type ServicePlan } from './upgrade-plan.js';

type Urls = Record<LogService, string>;

export function inspectAll(urls: Urls, migrations = migrationsByService()): Promise<ServicePlan[]> {
  return Promise.all(
    LOG_SERVICES.map(async (service) => {
      const found = await inspectSchema({ url: urls[service], service, migrations: migrations[service] });
      return { service, ...found };
    }),
  );
}

/**
 * Migrates every database that needs it. When one of them must not be changed under what serves on it, none is.
 * @throws ProblemToSay, SchemaRefused
 */
export async function upgradeAll(
  urls: Urls,
  plans: readonly ServicePlan[],
  say: (line: string) => void,
  migrations: Record<LogService, SchemaMigrations> = migrationsByService(),
): Promise<void> {
  await requireStopped(urls, mustStop(plans));
  for (const { service, plan } of plans) {
    if (plan.pending.length === 0) continue;
    const onMigration = (name: string) => say(`  ${service}: ${name}`);
    await bringUpToDate({ url: urls[service], service, migrations: migrations[service], mode: 'auto', onMigration });
  }
}

/** What was killed a moment ago seems to serve until its lease ends. */
async function requireStopped(urls: Urls, plans: readonly ServicePlan[]): Promise<void> {
  const found = await Promise.all(
    plans.map(async ({ service }) => ({
      service,
      living: await connectedTo(urls[service], (client) => liveProcesses(client)),
    })),
  );
  const serving = found.filter(({ living }) => living.length > 0);
  if (serving.length === 0) return;
  const lines = serving.map(({ service, living }) => `  - ${service}: ${living.join(', ')}`);
  throw new ProblemToSay(
    `These serve with an older version, which could not go on beside the new schema:\n${lines.join('\n')}\n` +
      'Stop them, run this again, and start the new version. Nothing was migrated.',
  );
}
