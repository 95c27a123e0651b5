import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere } from './files.mjs';
import { withCheckoutLock } from './lock.mjs';
import { Problem } from './problem.mjs';
import { lastLines, runToEnd } from './processes.mjs';

const STAMP = 'node_modules/.ganglion-built';

/**
 * Compiles the apps and libraries when a source, a tsconfig or the compiler changed since the last time.
 * @returns {Promise<'current' | 'built'>}
 */
export async function ensureBuilt({ checkout, env, say, signal }) {
  const isCurrent = () => readIfThere(join(checkout, STAMP)) === sourceStamp(checkout) && outputsExist(checkout);
  if (isCurrent()) return 'current';
  return withCheckoutLock({ checkout, say, signal }, async () => {
    if (isCurrent()) return 'current';
    const stamp = sourceStamp(checkout); // before compiling: a file saved meanwhile makes the next start compile again
    const compiler = join(checkout, 'node_modules', '.bin', 'tsc');
    const force = outputsExist(checkout) ? [] : ['--force']; // the compiler remembers what it wrote, not whether it is there
    const { ok, output } = await runToEnd(compiler, ['-b', ...force], { cwd: checkout, env, signal });
    if (!ok) throw new Problem(`The build failed (npx tsc -b):\n${lastLines(output, 40)}`);
    writeFileSync(join(checkout, STAMP), stamp);
    return 'built';
  });
}

/**
 * Changes when any source or configuration of the build does: names, sizes and times of the files, and the compiler.
 * @returns {string} hex
 */
export function sourceStamp(checkout) {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(checkout, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  const { version } = JSON.parse(readFileSync(join(checkout, 'node_modules/typescript/package.json'), 'utf8'));
  hash.update(`typescript ${version}\n`);
  ['tsconfig.json', 'tsconfig.base.json'].forEach(add);
  for (const project of projects(checkout)) {
    add(join(project, 'tsconfig.json'));
    if (existsSync(join(checkout, project, 'package.json'))) add(join(project, 'package.json'));
    for (const path of filesBelow(checkout, join(project, 'src'))) add(path);
  }
  return hash.digest('hex');
}

/** Somebody may have removed a dist folder. The entry point of each project stands for the rest of it. */
function outputsExist(checkout) {
  return projects(checkout).every((project) =>
    ['index', 'main'].every(
      (entry) =>
        !existsSync(join(checkout, project, 'src', `${entry}.ts`)) ||
        existsSync(join(checkout, project, 'dist', `${entry}.js`)),
    ),
  );
}

/** Folders of the build's projects, as the root tsconfig lists them. */
const projects = (checkout) =>
  JSON.parse(readFileSync(join(checkout, 'tsconfig.json'), 'utf8')).references.map(({ path }) =>
    path.endsWith('.json') ? dirname(path) : path,
  );

function filesBelow(checkout, folder) {
  if (!existsSync(join(checkout, folder))) return [];
  return readdirSync(join(checkout, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(checkout, join(folder, entry.name)) : [join(folder, entry.name)],
    );
}
