import { createInterface } from 'node:readline/promises';
import { loadConfig, processEnvironment, type Config } from '@ganglion/config';
import { LOG_SERVICES } from '@ganglion/contracts';
import type { Command } from 'commander';
import type { SystemPlace } from '../backup/system-place.js';
import { print, table } from '../output/print.js';
import { ProblemToSay } from '../place.js';
import { isUpToDate, rowOf, tableOf, unfit, type ServicePlan } from '../upgrade/upgrade-plan.js';

interface Options {
  check?: boolean;
  backupTo?: string;
  dataDir?: string;
  yes?: boolean;
  json?: boolean;
}

/** `--check` found something to do. */
const SOMETHING_TO_DO = 2;

export function addUpgrade(program: Command): void {
  program
    .command('upgrade')
    .description('bring the databases to what this version needs, or say what that would take')
    .option(
      '--check',
      'change nothing; exit code 0: up to date, 2: something to do, 1: this version cannot serve on them',
    )
    .option('--backup-to <path>', 'back up first, as `ganglion backup --to`')
    .option('--data-dir <folder>', 'data folder of the services; default: as configured')
    .option('--yes', 'do not ask about a backup')
    .option('--json', 'machine-readable')
    .action((options: Options) => run(options));
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run({ check, backupTo, dataDir, yes, json = false }: Options): Promise<void> {
  // Loaded late: the other commands do without all the services.
  const [{ openPlace }, { makeDatabaseIfMissing }, { inspectAll, upgradeAll }] = await Promise.all([
    import('../backup/system-place.js'),
    import('../backup/restore-target.js'),
    import('../upgrade/run-upgrade.js'),
  ]);
  const config = loadConfig(processEnvironment());
  const place = await openPlace({ config, dataDir, say });
  try {
    const { adminUrl, urls } = place;
    if (adminUrl && !check) for (const service of LOG_SERVICES) await makeDatabaseIfMissing(adminUrl, urls[service]);
    const plans = await inspectAll(urls);
    if (check || unfit(plans).length > 0 || isUpToDate(plans)) return report(plans, json);
    say(table(tableOf(plans)).join('\n'));
    const to = backupTo ?? (yes || isNew(plans) ? null : await askWhere());
    if (to !== null) await backUp(place, config, to);
    await upgradeAll(urls, plans, say);
    report(await inspectAll(urls), json);
  } finally {
    await place.close();
  }
}

function report(plans: ServicePlan[], json: boolean): void {
  print(json, { upToDate: isUpToDate(plans), services: plans.map(rowOf) }, () => [
    ...table(tableOf(plans)),
    ...plans.flatMap(({ service, plan }) => plan.pending.map(({ name }) => `  ${service}: ${name}`)),
  ]);
  if (unfit(plans).length > 0) process.exitCode = 1;
  else if (!isUpToDate(plans)) process.exitCode = SOMETHING_TO_DO;
}

const isNew = (plans: ServicePlan[]): boolean => plans.every(({ plan }) => plan.version === 0);

async function askWhere(): Promise<string | null> {
  if (!process.stdin.isTTY) {
    throw new ProblemToSay(
      'Give --backup-to <path> for a backup first, or --yes to go on without one. Nothing was done.',
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question('Back up first? A path, or nothing to go on without: ');
  prompt.close();
  return answer.trim() || null;
}

async function backUp(place: SystemPlace, config: Config, to: string): Promise<void> {
  const [{ writeBackup }, { Progress }] = await Promise.all([
    import('../backup/write-backup.js'),
    import('../backup/progress.js'),
  ]);
  const { path } = await writeBackup({ place, config, to, withSecrets: true, progress: new Progress(say) });
  say(`Backed up to ${path}`);
}
