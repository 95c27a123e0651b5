import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = (name) => `${root}node_modules/.bin/${name}`;

/** Looks at the repository as a whole; each step is a name, a command and its arguments. All need a build. */
export const REPOSITORY_STEPS = [
  ['lint and boundaries', bin('oxlint'), ['--quiet']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['types of tests', bin('tsc'), ['-p', 'tsconfig.spec.json']],
  ['generated files are current', process.execPath, ['tools/docs.mjs', '--check']],
];

export const CHECK_STEPS = [
  ['build', bin('tsc'), ['-b']],
  ...REPOSITORY_STEPS,
  [
    'the checks themselves',
    process.execPath,
    ['--test', 'tools/checks/violations.test.mjs', 'tools/checks/compose.test.mjs'],
  ],
  ['pure tests', bin('jest'), ['--selectProjects=pure', '--silent']],
];

/** @returns {Promise<{ code: number, output: string }>} */
export function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
