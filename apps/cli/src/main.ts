import { ConfigError } from '@ganglion/config';
import { Command } from 'commander';
import { addConfig } from './commands/config.js';
import { addDoctor } from './commands/doctor.js';
import { addEvents } from './commands/events.js';
import { addStatus } from './commands/status.js';
import { addUp } from './commands/up.js';
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
  ganglion user create --admin root  the first admin
  ganglion events tail moderation    follow what moderation decides
  ganglion doctor                    what is wrong, and how to mend it`,
  );
for (const add of [addUp, addStatus, addDoctor, addConfig, addUserCreate, addEvents]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ProblemToSay) && !(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
