import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CHECKOUT } from '../place.js';

export function addUp(program: Command): void {
  program
    .command('up')
    .description('start the whole system on this machine (the same as `npm start`)')
    .option('--single', 'all services in one process')
    .option('--reset', 'delete all data first (asks)')
    .option('--yes', 'do not ask')
    .action(async ({ single, reset, yes }: { single?: boolean; reset?: boolean; yes?: boolean }) => {
      const flags = [single && '--single', reset && '--reset', yes && '--yes'].filter(
        (flag) => typeof flag === 'string',
      );
      const launcher = spawn(process.execPath, [join(CHECKOUT, 'tools/up/start.mjs'), ...flags], { stdio: 'inherit' });
      // The terminal sends Ctrl-C to the launcher too; we only wait for it to have drained everything.
      process.on('SIGINT', () => undefined);
      process.on('SIGTERM', () => launcher.kill('SIGTERM'));
      process.exitCode = await new Promise<number>((done) => launcher.once('exit', (code) => done(code ?? 1)));
    });
}
