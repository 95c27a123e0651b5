import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readIfThere } from './files.mjs';
import { birthOf, isAlive } from './processes.mjs';
import { Problem, throwIfInterrupted } from './problem.mjs';

const owner = (pid) => `${pid} ${birthOf(pid)}`.trim();

/**
 * Who holds a lock file; null when nobody does, also when its holder died without giving it back.
 * @returns {number | null} process id
 */
export function lockHolder(path) {
  const text = readIfThere(path);
  return text !== null && isHeld(text) ? Number.parseInt(text, 10) : null;
}

function isHeld(text) {
  const pid = Number.parseInt(text, 10);
  return pid > 0 && isAlive(pid) && text.trim() === owner(pid);
}

/**
 * Takes a lock file without waiting.
 * @returns {{ heldBy: number } | { release: () => void }}
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = owner(process.pid);
  const candidate = `${path}.${process.pid}`;
  writeFileSync(candidate, mine, { mode: 0o644 });
  try {
    for (;;) {
      if (linked(candidate, path)) return { release: () => release(path, mine) };
      const text = readIfThere(path);
      if (text !== null && isHeld(text)) return { heldBy: Number.parseInt(text, 10) };
      if (text !== null) clearStale(path, text);
    }
  } finally {
    unlinkSync(candidate);
  }
}

/** A link appears with its whole content at once, so nobody ever reads an empty lock. */
function linked(candidate, path) {
  try {
    linkSync(candidate, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Two processes may find the same stale lock; the slower one must not remove the lock the faster one has just taken. */
function clearStale(path, seen) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== seen) linked(aside, path);
  unlinkSync(aside);
}

function release(path, mine) {
  if (readIfThere(path) === mine) unlinkSync(path);
}

/**
 * Runs `work`, which writes into the checkout, under its lock.
 * @throws {Problem} when this user may not write there: the checkout belongs to another one, who has to do it
 */
export async function withCheckoutLock({ checkout, say, signal }, work) {
  const onWait = (pid) => say(`waiting for another install or build in this checkout (process ${pid})`);
  try {
    return await withLock(checkoutLock(checkout), work, { onWait, signal });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
    throw new Problem(
      `This checkout is not installed and built as it is now, and this user may not write to ${checkout}. Run npm start once as its owner.`,
    );
  }
}

/** Install and build exclude each other. `npm ci` empties node_modules, so the lock is not there. */
const checkoutLock = (checkout) => join(checkout, 'dist', 'up.lock');

/**
 * Runs `work` while holding the lock, waiting for whoever holds it.
 * @param {{ onWait?: (pid: number) => void, signal?: AbortSignal }} options  `onWait` is called once, with the holder
 */
export async function withLock(path, work, { onWait, signal } = {}) {
  let told = false;
  for (;;) {
    throwIfInterrupted(signal);
    const lock = tryLock(path);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (!told) onWait?.(lock.heldBy);
    told = true;
    await delay(100); // a file cannot be waited on across processes
  }
}
