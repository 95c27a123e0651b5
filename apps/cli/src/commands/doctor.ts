import type { Command } from 'commander';
import { examine } from '../checks/examine.js';
import type { Finding } from '../checks/finding.js';
import { print, table } from '../output/print.js';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at everything the system depends on, and say how to mend what is wrong')
    .option('--json', 'machine-readable')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await examine();
      const bad = findings.filter(({ level }) => level === 'bad');
      print(json ?? false, { ok: bad.length === 0, findings }, () => describeFindings(findings));
      process.exitCode = bad.length === 0 ? 0 : 1;
    });
}

const SIGN = { good: 'ok  ', warning: 'warn', bad: 'BAD ' } as const;

export function describeFindings(findings: Finding[]): string[] {
  const rows = findings.flatMap(({ level, what, found, mend }) => [
    [SIGN[level], what, found],
    ...(mend ? [['', '', `→ ${mend}`]] : []),
  ]);
  const bad = findings.filter(({ level }) => level === 'bad').length;
  return [...table(rows), '', bad === 0 ? 'Nothing is wrong.' : `${bad} thing(s) to mend.`];
}
