#!/usr/bin/env node
// `npm run check`: what precedes each commit. Lint, boundaries, format, types, generated files, pure tests; under 90 s.
import { CHECK_STEPS, run } from './checks/steps.mjs';

const failed = [];
for (const [name, command, args] of CHECK_STEPS) {
  const startedAt = performance.now();
  const { code, output } = await run(command, args);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (code !== 0) {
    failed.push(name);
    console.log(output);
  }
}
if (failed.length > 0) {
  console.log(`\nNot ready to commit: ${failed.join(', ')}.`);
  process.exit(1);
}
