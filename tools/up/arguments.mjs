import { parseArgs } from 'node:util';
import { MOST_REPLICAS } from './instances.mjs';
import { Problem } from './problem.mjs';

export const TEST_PARTS = ['pure', 'integration', 'e2e', 'tools'];

export const START_HELP = `Usage: npm start [-- options]

Starts Ganglion: installs and builds what is out of date, brings up Postgres and NATS, then one process per app.

  --replicas <n>   processes of every app, 1 unless told; all of them serve
  --single         all apps in one process
  --reset          removes all data first, after asking
  --yes            does not ask
  --help           shows this

GANGLION_LISTEN (127.0.0.1:8008), GANGLION_SERVER_NAME (localhost), GANGLION_DATA_DIR (.ganglion),
GANGLION_CONFIG (a ganglion.yaml), GANGLION_POSTGRES_URL, GANGLION_NATS_URL (existing servers),
GANGLION_LOG_LEVEL (debug shows everything here) and all other options: docs/generated/config.md.`;

/**
 * @param {string[]} argv  without node and script
 * @returns {{ single: boolean, reset: boolean, yes: boolean, help: boolean, replicas: number }}
 */
export function parseStart(argv) {
  const { replicas: text, ...flags } = parseStartFlags(argv);
  const replicas = Number(text);
  if (!/^\d+$/.test(text) || replicas < 1 || replicas > MOST_REPLICAS) {
    throw new Problem(`--replicas takes a number from 1 to ${MOST_REPLICAS}, not "${text}".`);
  }
  if (flags.single && replicas > 1) {
    throw new Problem(
      '--single is all apps in one process; with --replicas there is more than one. Leave one of them out.',
    );
  }
  return { ...flags, replicas };
}

function parseStartFlags(argv) {
  const flag = { type: 'boolean', default: false };
  const options = { single: flag, reset: flag, yes: flag, help: flag, replicas: { type: 'string', default: '1' } };
  try {
    return parseArgs({ args: argv, options }).values;
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
