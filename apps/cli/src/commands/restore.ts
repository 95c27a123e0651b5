import { createInterface } from 'node:readline/promises';
import { loadConfig, processEnvironment, type Config } from '@ganglion/config';
import type { LogService } from '@ganglion/contracts';
import type { SchemaMigrations } from '@ganglion/service';
import type { Command } from 'commander';
import type { Manifest } from '../backup/manifest.js';
import type { SystemPlace } from '../backup/system-place.js';
import { ProblemToSay } from '../place.js';

interface Options {
  into?: string;
  dataDir?: string;
  replace?: boolean;
  yes?: boolean;
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('make a system of a backup, in a new place; nothing may run on it')
    .argument('<path>', 'of the backup')
    .option(
      '--into <url>',
      'Postgres server for the databases ganglion_<service>; default: as configured, else the embedded one',
    )
    .option('--data-dir <folder>', 'data folder for the secrets and the embedded Postgres; default: as configured')
    .option('--replace', 'delete what the databases and the folder hold (asks)')
    .option('--yes', 'do not ask')
    .action((path: string, options: Options) => run(path, options));
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run(path: string, { into, dataDir, replace = false, yes = false }: Options): Promise<void> {
  // Loaded late: the other commands do without all the services.
  const [{ openBackup }, { openPlace }, { restore }, { Progress }, { migrationsByService }] = await Promise.all([
    import('../backup/read-backup.js'),
    import('../backup/system-place.js'),
    import('../backup/restore.js'),
    import('../backup/progress.js'),
    import('../backup/schemas.js'),
  ]);
  const config = loadConfig(processEnvironment());
  const backup = await openBackup(path);
  try {
    const place = await openPlace({ config, dataDir, into, mayBeNew: true, say });
    try {
      if (place.isRunning) throw new ProblemToSay(`A system runs on ${place.dataDir}. Stop it first.`);
      const { serverName, takenAt } = backup.manifest;
      say(`Restoring ${serverName} of ${takenAt} into ${place.about}`);
      const migrations: Record<LogService, SchemaMigrations> = migrationsByService();
      const confirm = (lost: string[]) => (yes ? Promise.resolve() : ask(lost, serverName));
      const { findings } = await restore({ backup, place, migrations, replace, confirm, progress: new Progress(say) });
      process.stdout.write(
        `${[...whatNext(backup.manifest, place, config, into), ...warnings(findings)].join('\n')}\n`,
      );
      if (findings.length > 0) process.exitCode = 1;
    } finally {
      await place.close();
    }
  } finally {
    backup.close();
  }
}

async function ask(lost: string[], serverName: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new ProblemToSay(
      'Something would be deleted; without a terminal to ask on it needs --yes too. Nothing was done.',
    );
  }
  say(`This deletes, and nothing brings it back:\n${lost.map((what) => `  - ${what}`).join('\n')}`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`Type the server name, ${serverName}, to go on: `);
  prompt.close();
  if (answer.trim() !== serverName) throw new ProblemToSay('Nothing was done.');
}

function whatNext(
  { serverName, takenAt, secrets, configuredSecrets }: Manifest,
  { dataDir }: SystemPlace,
  { server }: Config,
  into?: string,
): string[] {
  const settings = [
    `GANGLION_SERVER_NAME=${serverName}`,
    `GANGLION_DATA_DIR=${dataDir}`,
    ...(into ? ['GANGLION_POSTGRES_URL=<the URL given with --into>'] : []),
  ];
  return [
    `Restored: everything as it was at ${takenAt}. What happened afterwards is not in it.`,
    '',
    `Start it with  ${settings.join(' ')} npm start`,
    `The server name must be ${serverName}${server.server_name === serverName ? '' : `, not ${server.server_name} as configured here`}.`,
    ...(configuredSecrets.length > 0
      ? [`Its configuration had these secrets, which must be the same again: ${configuredSecrets.join(', ')}.`]
      : []),
    ...(secrets.length === 0
      ? ['The backup holds no keys: without the old ones in secrets/ nobody’s token works.']
      : []),
    'Clients log in with the tokens they have and sync from the beginning once. People who were erased since are back: erase them again.',
  ];
}

function warnings(findings: string[]): string[] {
  if (findings.length === 0) return [];
  return [
    '',
    'The logs were damaged or tampered with before this backup was taken:',
    ...findings.map((one) => `  ! ${one}`),
  ];
}
