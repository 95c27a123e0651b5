import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Interrupted } from './problem.mjs';
import { readIfThere } from './files.mjs';

/**
 * Whether a process with this number runs, whoever owns it. One that has ended and was not yet collected by its parent
 * does not; in a container whose first process collects nobody it stays like that for ever.
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  return statOf(pid)?.[0] !== 'Z';
}

/** The kernel's facts about a process from its state on; null where there is no /proc. */
function statOf(pid) {
  const stat = process.platform === 'linux' ? readIfThere(`/proc/${pid}/stat`) : null;
  // The name before them is in brackets and may itself contain spaces and brackets.
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Command line of a running process, its words separated by spaces; '' when there is none or it cannot be seen. */
export function commandOf(pid) {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return '';
    throw error;
  }
}

/**
 * Tells a process from a later one with the same number: the kernel's start time where it can be had.
 * @returns {string} '' where the platform does not say
 */
export const birthOf = (pid) => statOf(pid)?.[19] ?? '';

/**
 * Stops a process that is not a child of ours, such as a server left behind by a launcher that was killed.
 * @param {number} graceMs  time after which it is killed
 */
export async function stopStranger(pid, signal, graceMs = 10_000) {
  const gone = async (ms) => {
    const deadline = performance.now() + ms;
    while (isAlive(pid)) {
      if (performance.now() > deadline) return false;
      await delay(20); // another process's end can only be polled for
    }
    return true;
  };
  process.kill(pid, signal);
  if (await gone(graceMs)) return;
  process.kill(pid, 'SIGKILL');
  await gone(5_000);
}

/**
 * Runs a command to its end.
 * @param {{ onOutput?: (chunk: Buffer) => void, signal?: AbortSignal, timeoutMs?: number } & import('node:child_process').SpawnOptions} options
 * @returns {Promise<{ ok: boolean, code: number | null, output: string }>} the last 64 KB of both its outputs
 * @throws {Interrupted} when `signal` fires; the command is stopped first
 */
export function runToEnd(command, args, { onOutput, signal, timeoutMs, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    const keep = (chunk) => {
      onOutput?.(chunk);
      output = (output + chunk).slice(-65_536);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const stop = () => child.kill('SIGTERM');
    const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
    signal?.addEventListener('abort', stop);
    const done = (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) reject(new Interrupted());
      else resolve({ ok: code === 0, code, output: output.trim() });
    };
    child.once('error', (error) => {
      keep(error.message);
      done(null);
    });
    child.once('close', done);
    if (signal?.aborted) stop();
  });
}

/** The last lines of a command's output, indented, for an error message. */
export const lastLines = (text, count = 15) =>
  text
    .trim()
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
