#!/usr/bin/env node
// `npm run new:slice -- <app> <feature> <slice>`: writes a slice in our shape, which compiles, refuses what is invalid, and
// has tests. What it shall do is then written into it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HELP, parseSlice } from './arguments.mjs';
import { nextSteps } from './next-steps.mjs';
import { planSlice } from './plan.mjs';
import { SliceProblem } from './slice-problem.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

try {
  const options = parseSlice(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await make(options);
} catch (error) {
  if (!(error instanceof SliceProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function make(options) {
  const { slice, created, changed } = await planSlice(checkout, options);
  for (const { path, text } of created) {
    if (options.dryRun) console.log(`${path}\n\n${text.replace(/^(?=.)/gm, '    ')}`);
    else {
      mkdirSync(dirname(join(checkout, path)), { recursive: true });
      writeFileSync(join(checkout, path), text, { flag: 'wx' });
    }
  }
  for (const { path, text } of changed) if (!options.dryRun) writeFileSync(join(checkout, path), text);
  console.log(`${options.dryRun ? 'Would write' : 'Wrote'}:`);
  for (const { path } of created) console.log(`  ${path}`);
  console.log(`${options.dryRun ? 'Would change' : 'Changed'}:`);
  for (const { path, what } of changed) console.log(`  ${path}: ${what}`);
  if (!options.dryRun) console.log(nextSteps(slice));
}
