import { createInterface } from 'node:readline/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseStart, START_HELP } from './arguments.mjs';
import { childEnvironment } from './child-environment.mjs';
import { openControl } from './control.mjs';
import { startInfrastructure } from './infrastructure.mjs';
import { APP_GROUPS } from './instances.mjs';
import { runUntilStopped, untilAborted } from './lifecycle.mjs';
import { openListener } from './listener.mjs';
import { requireFree } from './ports.mjs';
import { prepare } from './prepare.mjs';
import { Interrupted, Problem } from './problem.mjs';
import { readSettings } from './settings.mjs';
import { dataFolder, resetDataFolder } from './state.mjs';
import { createSupervisor } from './supervisor.mjs';
import { createTerminal, seconds } from './terminal.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const env = process.env;
const terminal = createTerminal(process.stdout);

await runUntilStopped(async ({ signal, onStop }) => {
  const options = parseStart(process.argv.slice(2));
  if (options.help) return terminal.say(START_HELP);
  const startedMs = performance.now();
  terminal.say(terminal.bold('Ganglion'));
  await prepare({ checkout, env, terminal, signal });
  const settings = readSettings({ checkout, env });
  if (options.reset) await reset(settings.dataDir, options.yes, signal);

  const infrastructure = await startInfrastructure({
    checkout,
    dataDir: settings.dataDir,
    env,
    existing: settings.existing,
    log: terminal.warn,
    step: terminal.step,
    onEvent: tellParent,
    signal,
  });
  onStop(infrastructure.stop);
  await requireFree(settings.listen); // after what an earlier launcher left running was stopped
  const listener = await openListener(settings.listen);
  onStop(async () => listener.close());
  const supervisor = supervise(settings, infrastructure, listener, options);
  infrastructure.publish({ instances: supervisor.instances.map(({ name }) => name) });
  onStop(supervisor.stop);
  const url = await terminal.step(titleOf(options), () => supervisor.start(signal));
  const control = await openControl(settings.dataDir, (request) => supervisor.restart({ ...request, signal }));
  onStop(control.close);

  infrastructure.publish({ url, control: control.path });
  tellParent({ type: 'ready', url });
  welcome(url, settings.dataDir, performance.now() - startedMs);
  await untilAborted(signal);
  onStop(async () => terminal.say('Stopping'));
}, terminal);

/** A test that started us follows what happens (system.mjs). */
function tellParent(event) {
  if (process.connected) process.send(event);
}

function titleOf({ single, replicas }) {
  if (single) return 'all apps in one process';
  return `${APP_GROUPS.flat().join(', ')}${replicas > 1 ? `, ${replicas} of each` : ''}`;
}

function supervise(settings, { postgres, nats, publish }, listener, { single, replicas }) {
  const environmentOf = (app) =>
    childEnvironment({ app, env, dataDir: settings.dataDir, databaseUrls: postgres.urls, natsUrl: nats.url });
  return createSupervisor({
    checkout,
    logFolder: join(settings.dataDir, 'logs'),
    single,
    replicas,
    listener,
    environmentOf,
    logLevel: settings.logLevel,
    say: terminal.warn,
    onChange: (apps) => publish({ apps }),
    onEvent: tellParent,
  });
}

async function reset(dataDir, sure, signal) {
  if (!sure && !(await confirm(`Remove all data in ${dataDir}? It cannot be brought back. Type "yes": `, signal))) {
    throw new Problem('Nothing was removed.');
  }
  await terminal.step(
    'Reset',
    () => resetDataFolder(dataDir),
    () => `Removed the data in ${dataDir}`,
  );
}

async function confirm(question, signal) {
  if (!process.stdin.isTTY)
    throw new Problem('--reset removes all data; without a terminal to ask on it needs --yes too.');
  const input = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await input.question(question, { signal })).trim().toLowerCase() === 'yes';
  } catch (error) {
    if (error.name === 'AbortError') throw new Interrupted();
    throw error;
  } finally {
    input.close();
  }
}

function welcome(url, dataDir, tookMs) {
  const elsewhere = dataDir === dataFolder(checkout) ? '' : `GANGLION_DATA_DIR=${dataDir} `;
  const shown = relative(process.cwd(), dataDir).startsWith('..') ? dataDir : relative(process.cwd(), dataDir) || '.';
  terminal.say(`
${terminal.bold(`Ready at ${url}`)} after ${seconds(tookMs)}

  First admin  ${elsewhere}npx ganglion user create --admin <name>
  Logs         ${join(shown, 'logs')}
  Data         ${shown}
  Stop         Ctrl-C
`);
}
