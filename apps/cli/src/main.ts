import { ConfigError } from '@ganglion/config';
import { Command } from 'commander';
import { addBackup } from './commands/backup.js';
import { addConfig } from './commands/config.js';
import { addDoctor } from './commands/doctor.js';
import { addEvents } from './commands/events.js';
import { addProjections } from './commands/projections.js';
import { addRestart } from './commands/restart.js';
import { addRestore } from './commands/restore.js';
import { addStatus } from './commands/status.js';
import { addUp } from './commands/up.js';
import { addUpgrade } from './commands/upgrade.js';
import { addUserCreate } from './commands/user-create.js';
import { ProblemToSay } from './place.js';

const program = new Command('ganglion')
  .description('Operate a Ganglion homeserver on this machine.')
  .version('0.1.0')
  .showHelpAfterError('(ganglion --help shows what there is)')
  .addHelpText(
    'after',
    `
Which system: the one on the data folder of this checkout, or of GANGLION_DATA_DIR.

Examples:
  ganglion up --single               start everything in one process
  ganglion restart --rolling rooms   replace its processes, one after the other
  ganglion user create --admin root  the first admin
  ganglion events tail moderation    follow what moderation decides
  ganglion backup --to /backups      copy everything while it runs
  ganglion upgrade --check           what a new version would do to the databases
  ganglion projections list          how far the read models are
  ganglion doctor                    what is wrong, and how to mend it`,
  );
for (const add of [
  addUp,
  addRestart,
  addStatus,
  addDoctor,
  addConfig,
  addUserCreate,
  addEvents,
  addProjections,
  addBackup,
  addRestore,
  addUpgrade,
])
  add(program);

try {
  await program.parseAsync();
} catch (error) {
  // SchemaRefused is known by its name: to import its class would load all the services for every command.
  const isForTheOperator = error instanceof ProblemToSay || error instanceof ConfigError;
  if (!isForTheOperator && (error as Error).name !== 'SchemaRefused') throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
