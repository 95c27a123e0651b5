import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { Problem } from './problem.mjs';

const OLDEST_NODE = [20, 19];

/** Packages and build, as every command of ours needs them. */
export async function prepare({ checkout, env, terminal, signal, build = true }) {
  requireNode(process.versions.node);
  const options = { checkout, env, say: terminal.say, signal };
  await terminal.step(
    'Packages',
    () => ensureInstalled(options),
    (result) => `Packages ${result === 'current' ? 'are current' : 'installed'}`,
  );
  if (build)
    await terminal.step(
      'Build',
      () => ensureBuilt(options),
      (result) => `Build ${result === 'current' ? 'is current' : 'done'}`,
    );
}

/** @param {string} version  such as "20.20.2" */
export function requireNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new Problem(`Node ${version} is too old: ${OLDEST_NODE.join('.')} or newer is needed (https://nodejs.org).`);
}
