import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, readJsonIfThere } from './files.mjs';
import { runToEnd } from './processes.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const NOTHING = { passed: 0, failed: 0, skipped: 0 };
/** Something that should have run and said how it went did not. */
const BROKEN = { ...NOTHING, failed: 1 };

/**
 * Jest knows one timeout for all projects, so each run gets its own. What a failed test leaves running, a connection or a
 * whole system, must not keep Jest from ending. End-to-end tests start whole systems: two at a time would measure each other.
 */
const JEST_OPTIONS = {
  pure: [],
  integration: ['--testTimeout=60000', '--forceExit'],
  e2e: ['--testTimeout=120000', '--runInBand', '--forceExit'],
};

/**
 * Runs one of Jest's projects; its output goes to ours.
 * @param {{ checkout: string, project: string, args: string[], env: Record<string, string>, folder: string, signal: AbortSignal }} options
 *   `folder` takes the report
 * @returns {Promise<Counts>}
 */
export async function runJest({ checkout, project, args, env, folder, signal }) {
  const report = join(folder, `jest-${project}.json`);
  const jest = join(checkout, 'node_modules', 'jest', 'bin', 'jest.js');
  const reporting = ['--json', `--outputFile=${report}`];
  const { ok } = await runToEnd(
    process.execPath,
    [jest, '--selectProjects', project, ...reporting, '--passWithNoTests', ...JEST_OPTIONS[project], ...args],
    { cwd: checkout, env, stdio: 'inherit', signal },
  );
  return countJest(readJsonIfThere(report), ok);
}

/**
 * @param {any | null} report  Jest's JSON; null when it did not write any
 * @param {boolean} ok  whether Jest ended well
 * @returns {Counts}
 */
export function countJest(report, ok) {
  if (!report) return ok ? NOTHING : BROKEN;
  // A file that could not be loaded has no tests that could fail; it counts as one.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !ok ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Runs every *.test.mjs below tools/ with the runner of Node itself. */
export async function runToolTests({ checkout, env, folder, signal }) {
  const files = testsBelow(join(checkout, 'tools'));
  if (files.length === 0) return NOTHING;
  const report = join(folder, 'tools.tap');
  const reporting = Object.entries({ spec: 'stdout', tap: report }).flatMap(([reporter, destination]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const { ok } = await runToEnd(process.execPath, ['--test', ...reporting, ...files], {
    cwd: checkout,
    env,
    stdio: 'inherit',
    signal,
  });
  return countTap(readIfThere(report), ok);
}

/** @returns {Counts} from the totals at the end of a TAP report */
export function countTap(report, ok) {
  const total = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(report ?? '')?.[1] ?? 0);
  const failed = total('fail') + total('cancelled');
  return { passed: total('pass'), failed: failed === 0 && !ok ? 1 : failed, skipped: total('skipped') + total('todo') };
}

function testsBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testsBelow(path);
    return entry.name.endsWith('.test.mjs') ? [path] : [];
  });
}

/** @param {Counts[]} counts */
export const sum = (counts) =>
  counts.reduce(
    (all, each) => ({
      passed: all.passed + each.passed,
      failed: all.failed + each.failed,
      skipped: all.skipped + each.skipped,
    }),
    NOTHING,
  );

/** @param {Counts} counts */
export const totalLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
