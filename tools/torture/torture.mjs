import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runUntilStopped } from '../up/lifecycle.mjs';
import { prepare } from '../up/prepare.mjs';
import { Interrupted, Problem } from '../up/problem.mjs';
import { startSystem } from '../up/system.mjs';
import { createTerminal } from '../up/terminal.mjs';
import { parseTorture, TORTURE_HELP } from './arguments.mjs';
import { examine } from './examine.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const terminal = createTerminal(process.stdout);

await runUntilStopped(async ({ signal, onStop }) => {
  const options = parseTorture(process.argv.slice(2), randomInt(1_000_000));
  await prepare({ checkout, env: process.env, terminal, signal });
  // Only now there is something to load.
  const { torture, report, describe, describeFault, FAULTS } = await import(
    pathToFileURL(join(checkout, 'apps', 'e2e', 'dist', 'torture', 'index.js')).href
  );
  if (options.help) return terminal.say(help(FAULTS));
  const wrong = options.only?.find((kind) => !(kind in FAULTS));
  if (wrong !== undefined)
    throw new Problem(`There is no fault "${wrong}". There is ${Object.keys(FAULTS).join(', ')}.`);

  const { faults, seed, replicas, only } = options;
  terminal.say(`${faults} faults, ${replicas} of each app, seed ${seed}`);
  const start = (env) => startSystem({ checkout, env, args: replicas === 1 ? [] : [`--replicas=${replicas}`] });
  const say = terminal.say;
  const running = torture({
    faults,
    seed,
    only,
    start,
    examine: (system) => examine({ checkout, system, say, signal }),
    say,
    signal,
  });
  const result = await running.catch((error) => {
    throw signal.aborted ? new Interrupted() : error;
  });
  const machine = `${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node}`;
  const tables = report(result, { seed, replicas, machine });
  terminal.say(`\n${tables}`);
  if (options.report) writeFileSync(options.report, tables);
  const broken = describe(result);
  broken.forEach((line) => terminal.say(line));
  const isFailure = broken.length > 0;
  onStop(async () => {
    const { system, history } = result;
    await system.stop();
    if (!isFailure && !options.keep) return system.remove();
    const path = join(system.dataDir, 'faults.log');
    writeFileSync(path, history.faults.map((fault) => `${describeFault(fault)}\n`).join(''));
    terminal.say(`\nThe data is kept in ${system.dataDir}, the faults are in ${path}`);
  });
  if (isFailure) terminal.say(`FAILED with seed ${seed}`);
  return isFailure ? 1 : 0;
}, terminal);

const help = (kinds) =>
  `${TORTURE_HELP}\n\n${Object.entries(kinds)
    .map(([kind, what]) => `  ${kind.padEnd(16)} ${what}`)
    .join('\n')}`;
