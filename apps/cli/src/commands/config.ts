import { ConfigError, loadConfig, processEnvironment, redactedConfig } from '@ganglion/config';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { print } from '../output/print.js';

export function addConfig(program: Command): void {
  const config = program.command('config').description('check or show the configuration (file and environment)');
  config
    .command('check')
    .description('name every bad key, with what it expected; exit code 1 if there is one')
    .option('--json', 'machine-readable')
    .action(({ json }: { json?: boolean }) => {
      const problems = problemsOf();
      print(json ?? false, { ok: problems.length === 0, problems }, () =>
        problems.length === 0 ? ['The configuration is good.'] : problems.map((problem) => `- ${problem}`),
      );
      process.exitCode = problems.length === 0 ? 0 : 1;
    });
  config
    .command('print')
    .description('the configuration in force, defaults included; secrets are hidden')
    .option('--json', 'machine-readable')
    .action(({ json }: { json?: boolean }) => {
      const shown = redactedConfig(loadConfig(processEnvironment()));
      print(json ?? false, shown, () => [stringify(shown).trimEnd()]);
    });
}

function problemsOf(): string[] {
  try {
    loadConfig(processEnvironment());
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
