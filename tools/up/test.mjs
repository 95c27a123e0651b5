import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTest } from './arguments.mjs';
import { recordCases } from './cases.mjs';
import { runUntilStopped } from './lifecycle.mjs';
import { prepare } from './prepare.mjs';
import { Interrupted, throwIfInterrupted } from './problem.mjs';
import { cleanEnvironment, makeWorkFolder, startTestServers } from './temporary.mjs';
import { createTerminal } from './terminal.mjs';
import { runJest, runToolTests, sum, totalLine } from './test-runs.mjs';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const terminal = createTerminal(process.stdout);
/** By part; what was not reached does not count, but then something else has failed. */
const counts = {};

await runUntilStopped(async ({ signal, onStop }) => {
  onStop(async () => terminal.say(totalLine(sum(Object.values(counts)))));
  try {
    const { parts, jest } = parseTest(process.argv.slice(2));
    await runParts({ parts, jest, signal, onStop });
  } catch (error) {
    counts.launcher = { passed: 0, failed: 1, skipped: 0 };
    if (error instanceof Interrupted) terminal.say('Interrupted');
    throw error;
  }
  return sum(Object.values(counts)).failed > 0 || signal.aborted ? 1 : 0;
}, terminal);

async function runParts({ parts, jest, signal, onStop }) {
  const env = cleanEnvironment(process.env);
  const needs = (...names) => names.some((name) => parts.includes(name));
  await prepare({ checkout, env, terminal, signal, build: needs('e2e', 'tools') });
  const work = makeWorkFolder('test');
  onStop(async () => {
    if (signal.aborted || sum(Object.values(counts)).failed === 0) await work.remove();
    else terminal.say(`The servers' data and logs are kept in ${work.path}`);
  });
  Object.assign(env, { TMPDIR: work.tmp });
  if (needs('integration', 'e2e')) {
    const servers = await startTestServers({ checkout, work, env, durable: false, terminal, signal });
    onStop(servers.stop);
    Object.assign(env, servers.environment);
  }
  for (const part of parts) {
    throwIfInterrupted(signal);
    terminal.say(`\n${terminal.bold(part)}`);
    counts[part] =
      part === 'tools'
        ? await runToolTests({ checkout, env, folder: work.path, signal })
        : await runJest({ checkout, project: part, args: jest, env, folder: work.path, signal });
  }
  for (const part of parts) terminal.say(`  ${part.padEnd(12)} ${totalLine(counts[part])}`);
  if (process.env.GANGLION_TEST_RECORD_CASES && sum(Object.values(counts)).failed === 0) {
    recordCases({ checkout, folder: work.path, parts });
  }
}
