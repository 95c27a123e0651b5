import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Interrupted } from '../up/problem.mjs';
import { cleanEnvironment } from '../up/temporary.mjs';

/** Of one command; a rebuild of a long log takes its time. */
const LONGEST_MS = 300_000;

/**
 * What the system's own tools say of it, as an operator would ask them: every projection is made anew beside the one that
 * serves and compared with it, nothing is parked, and every log's chain is verified.
 *
 * @param {{ checkout: string, system: { dataDir: string }, say: (line: string) => void, signal: AbortSignal }} options
 * @returns {Promise<string[]>} what is wrong
 */
export async function examine({ checkout, system, say, signal }) {
  const ganglion = commandOf({ checkout, dataDir: system.dataDir, signal });
  const list = await ganglion('projections', 'list', '--json');
  if (!list.ok) return [`ganglion projections list: ${list.output}`];
  const { projections } = JSON.parse(list.stdout);
  const problems = projections
    .filter(({ position, head }) => position !== head)
    .map(({ name, position, head }) => `${name} stands at ${position}, its log ends at ${head}`);
  const rebuilt = projections.filter(({ neverRebuilt }) => neverRebuilt === null);
  for (const { name } of rebuilt) {
    const { ok, output } = await ganglion('projections', 'rebuild', name, '--json');
    if (!ok) problems.push(`${name} is not what a rebuild makes of the log: ${output}`);
  }
  const parked = await ganglion('projections', 'parked', '--json');
  if (!parked.ok || JSON.parse(parked.stdout).length > 0) problems.push(`parked events: ${parked.output}`);
  const verified = await ganglion('events', 'verify', '--json');
  if (!verified.ok) problems.push(`ganglion events verify: ${verified.output}`);
  say(`${rebuilt.length} projections rebuilt, every log verified`);
  return problems;
}

const commandOf = ({ checkout, dataDir, signal }) => {
  const program = join(checkout, 'apps', 'cli', 'bin', 'ganglion.mjs');
  const env = { ...cleanEnvironment(process.env), GANGLION_DATA_DIR: dataDir, GANGLION_PROFILE: 'test' };
  const options = { cwd: checkout, env, signal, timeout: LONGEST_MS, maxBuffer: 64 * 1024 * 1024 };
  return (...args) =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
        if (signal.aborted) reject(new Interrupted());
        else resolve({ ok: error === null, stdout, output: `${stderr}${stdout}`.trim() });
      });
    });
};
