#!/usr/bin/env node
// The command itself is built from apps/cli/src; this only says what to do when that has not happened yet.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error(
    'ganglion is not built yet. Run `npm start` once in the checkout (it installs and builds), or `npm run build`.',
  );
  process.exit(1);
}
await import(main.href);
