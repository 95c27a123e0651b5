#!/usr/bin/env node
import { simulate } from '../dist/index.js';

process.exitCode = await simulate(process.argv.slice(2), {
  say: (line) => console.log(line),
  nowMs: () => performance.now(),
});
