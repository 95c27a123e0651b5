import { loadConfig, processEnvironment } from '@ganglion/config';
import type { Command } from 'commander';
import { readable } from '../backup/progress.js';
import type { Manifest } from '../backup/manifest.js';
import { print } from '../output/print.js';
import { ProblemToSay } from '../place.js';

interface Options {
  to?: string;
  dataDir?: string;
  secrets: boolean;
  json?: boolean;
}

export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('copy everything, of one moment, while the system runs')
    .option('--to <path>', 'a new folder or .tar file; a folder that exists gets a new backup in it')
    .option('--data-dir <folder>', 'data folder of the services, with their secrets; default: as configured')
    .option('--without-secrets', 'leave the keys of the data folder out')
    .option('--json', 'machine-readable')
    .action((options: Options & { withoutSecrets?: boolean }) => run({ ...options, secrets: !options.withoutSecrets }));
  backup
    .command('verify')
    .description('read a backup to its end and compare its digests; needs no database')
    .argument('<path>', 'of the backup')
    .action((path: string) => verify(path));
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run({ to, dataDir, secrets, json = false }: Options): Promise<void> {
  // Not a required option: Commander would require it of `backup verify`, too.
  if (!to) throw new ProblemToSay('Say where the backup goes: ganglion backup --to <path>');
  // Loaded late: the other commands do without all the services.
  const [{ openPlace }, { writeBackup }, { Progress }] = await Promise.all([
    import('../backup/system-place.js'),
    import('../backup/write-backup.js'),
    import('../backup/progress.js'),
  ]);
  const config = loadConfig(processEnvironment());
  const place = await openPlace({ config, dataDir, say });
  try {
    say(`Backing up ${config.server.server_name} from ${place.about}`);
    const options = { place, config, to, withSecrets: secrets, progress: new Progress(say) };
    const { path, manifest } = await writeBackup(options);
    print(json, { path, ...summaryOf(manifest) }, () => describe(path, manifest));
  } finally {
    await place.close();
  }
}

async function verify(path: string): Promise<void> {
  const [{ openBackup, verifyBackup }, { Progress }] = await Promise.all([
    import('../backup/read-backup.js'),
    import('../backup/progress.js'),
  ]);
  const backup = await openBackup(path);
  try {
    await verifyBackup(backup, new Progress(say));
    const { serverName, takenAt } = backup.manifest;
    process.stdout.write(`The backup of ${serverName} of ${takenAt} is whole: ${totals(backup.manifest)}.\n`);
  } finally {
    backup.close();
  }
}

function summaryOf({ serverName, takenAt, cut, services, secrets, files }: Manifest) {
  const tables = Object.values(services).flatMap((service) => service.tables);
  return {
    serverName,
    takenAt,
    appendsHeldMs: cut.heldMs,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    sizeBytes: Object.values(files).reduce((sum, file) => sum + file.sizeBytes, 0),
    secrets,
    heads: Object.fromEntries(Object.values(services).flatMap(({ logs }) => logs.map(({ log, head }) => [log, head]))),
  };
}

function totals(manifest: Manifest): string {
  const { rows, sizeBytes } = summaryOf(manifest);
  return `${rows.toLocaleString('en')} rows, ${readable(sizeBytes)}`;
}

function describe(path: string, manifest: Manifest): string[] {
  const { takenAt, cut, note, configuredSecrets } = manifest;
  return [
    `Backup of ${takenAt}: ${path}`,
    `${totals(manifest)}. Appends waited ${cut.heldMs} ms for it.`,
    '',
    note,
    ...(configuredSecrets.length === 0
      ? []
      : [`Not in it, because they stand in the configuration: ${configuredSecrets.join(', ')}. Keep that too.`]),
    'Appservice registration files and the configuration are not in it either.',
  ];
}
