import { parseArgs } from 'node:util';
import { Problem } from './problem.mjs';

export const TEST_PARTS = ['pure', 'integration', 'e2e', 'tools'];

export const START_HELP = `Usage: npm start [-- options]

Starts Ganglion: installs and builds what is out of date, brings up Postgres and NATS, then one process per app.

  --single   all apps in one process
  --reset    removes all data first, after asking
  --yes      does not ask
  --help     shows this

GANGLION_LISTEN (127.0.0.1:8008), GANGLION_SERVER_NAME (localhost), GANGLION_DATA_DIR (.ganglion),
GANGLION_CONFIG (a ganglion.yaml), GANGLION_POSTGRES_URL, GANGLION_NATS_URL (existing servers),
GANGLION_LOG_LEVEL (debug shows everything here) and all other options: docs/generated/config.md.`;

/** @param {string[]} argv  without node and script */
export function parseStart(argv) {
  const flag = { type: 'boolean', default: false };
  try {
    return parseArgs({ args: argv, options: { single: flag, reset: flag, yes: flag, help: flag } }).values;
  } catch (error) {
    throw new Problem(`${error.message}\n\n${START_HELP}`);
  }
}

/**
 * `--only <part>` (may be given several times) is ours, all the rest is Jest's.
 * @param {string[]} argv
 * @returns {{ parts: string[], jest: string[] }} parts in the order in which they run
 */
export function parseTest(argv) {
  const only = [];
  const jest = [];
  for (let i = 0; i < argv.length; i += 1) {
    const [name, value] = argv[i].split('=', 2);
    if (name !== '--only') jest.push(argv[i]);
    else only.push(value ?? argv[(i += 1)]);
  }
  const wrong = only.find((part) => !TEST_PARTS.includes(part));
  if ((only.length > 0 && wrong !== undefined) || only.includes(undefined)) {
    throw new Problem(`--only takes one of ${TEST_PARTS.join(', ')}${wrong ? `, not "${wrong}"` : ''}.`);
  }
  // A file or a name given to Jest picks among Jest's tests; ours are then not meant.
  const all = jest.length > 0 ? TEST_PARTS.filter((part) => part !== 'tools') : TEST_PARTS;
  return { parts: only.length > 0 ? TEST_PARTS.filter((part) => only.includes(part)) : all, jest };
}
