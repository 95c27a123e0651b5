import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CHECKOUT } from '../place.js';

interface UpOptions {
  /** Checked by the launcher, as for `npm start`. */
  replicas?: string;
  single?: boolean;
  reset?: boolean;
  yes?: boolean;
}

export function addUp(program: Command): void {
  program
    .command('up')
    .description('start the whole system on this machine (the same as `npm start`)')
    .option('--replicas <n>', 'processes of every service, all of which serve')
    .option('--single', 'all services in one process')
    .option('--reset', 'delete all data first (asks)')
    .option('--yes', 'do not ask')
    .action(async ({ replicas, single, reset, yes }: UpOptions) => {
      const wanted = [
        replicas !== undefined && `--replicas=${replicas}`,
        single && '--single',
        reset && '--reset',
        yes && '--yes',
      ];
      const flags = wanted.filter((flag) => typeof flag === 'string');
      const launcher = spawn(process.execPath, [join(CHECKOUT, 'tools/up/start.mjs'), ...flags], { stdio: 'inherit' });
      // The terminal sends Ctrl-C to the launcher too; we only wait for it to have drained everything.
      process.on('SIGINT', () => undefined);
      process.on('SIGTERM', () => launcher.kill('SIGTERM'));
      process.exitCode = await new Promise<number>((done) => launcher.once('exit', (code) => done(code ?? 1)));
    });
}
