import type { Command } from 'commander';
import { askLauncher, type Restarted } from '../launcher.http.js';
import { dataFolder, ProblemToSay, runningSystem } from '../place.js';
import { print } from '../output/print.js';

export function addRestart(program: Command): void {
  program
    .command('restart')
    .description('stop processes in good order and start them again')
    .argument('[names...]', 'services (`rooms`) or single processes (`rooms-2`); everything unless told')
    .option('--rolling', 'one after the other, each only when the one before serves again: no request fails')
    .option('--json', 'machine-readable')
    .action(async (names: string[], { rolling, json }: { rolling?: boolean; json?: boolean }) => {
      const restarted = await restart(dataFolder(), names, rolling ?? false, (one) => {
        if (!json) process.stdout.write(`${describe(one)}\n`);
      });
      if (json) print(true, { restarted }, () => []);
    });
}

/**
 * @param tell  called for each process as soon as it serves again
 * @throws ProblemToSay when a process does not come back; what has not been touched then still runs
 */
async function restart(
  dataDir: string,
  names: string[],
  rolling: boolean,
  tell: (one: Restarted) => void,
): Promise<Restarted[]> {
  const { control } = runningSystem(dataDir);
  if (!control) throw new ProblemToSay('The system is still starting. Try again when it is ready.');
  const restarted: Restarted[] = [];
  await askLauncher(control, { names, rolling }, (one) => {
    restarted.push(one);
    tell(one);
  });
  return restarted;
}

const describe = ({ instance, pid, tookMs }: Restarted): string =>
  `${instance} serves again (pid ${pid}) after ${(tookMs / 1000).toFixed(1)} s`;
