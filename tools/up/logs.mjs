import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { lineSplitter } from './daemon.mjs';

const LARGEST_BYTES = 20 * 1024 * 1024;
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

/**
 * A log file that is put aside once as `<name>.1` when it is full, so a log takes at most twice `largestBytes`.
 * @returns {{ write: (chunk: Buffer) => void, close: () => void }}
 */
export function openLog(path, largestBytes = LARGEST_BYTES) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file = openSync(path, 'a', 0o600);
  let sizeBytes = fstatSync(file).size;
  return {
    write(chunk) {
      if (file === null) return; // the last words of a process that outlived its stop
      if (sizeBytes + chunk.length > largestBytes && sizeBytes > 0) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, 'a', 0o600);
        sizeBytes = 0;
      }
      writeSync(file, chunk);
      sizeBytes += chunk.length;
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/**
 * Where a child's output goes: all of it to its log file, what matters to the operator also to the terminal.
 * @param {{ name: string, path: string, logLevel?: string, say: (line: string) => void }} options
 */
export function openAppLog({ name, path, logLevel, say }) {
  const log = openLog(path);
  const leastLevel = LEVELS[logLevel] <= LEVELS.debug ? LEVELS[logLevel] : LEVELS.warn;
  const show = { stdout: toTerminal(shortForm), stderr: toTerminal((line) => line) };
  function toTerminal(form) {
    return lineSplitter((line) => {
      const text = line.trim() === '' ? null : form(line, leastLevel);
      if (text !== null) say(`${name}: ${text}`);
    });
  }
  return {
    write(chunk, stream) {
      log.write(chunk);
      show[stream](chunk);
    },
    close: log.close,
  };
}

/**
 * One line of an app's JSON log as a person reads it; null when it is below `leastLevel`. What is not JSON is shown:
 * it was printed by something that does not know our log.
 * @param {number} leastLevel  pino's numbers: 20 debug, 30 info, 40 warn, 50 error
 */
export function shortForm(line, leastLevel) {
  const entry = parseEntry(line);
  if (entry === null) return line;
  if (entry.level < leastLevel) return null;
  const level = Object.keys(LEVELS).findLast((name) => LEVELS[name] <= entry.level) ?? 'trace';
  const error = entry.err?.message && entry.err.message !== entry.msg ? ` (${entry.err.message})` : '';
  return `${level} ${entry.msg ?? ''}${error}`;
}

function parseEntry(line) {
  try {
    const entry = JSON.parse(line);
    return typeof entry?.level === 'number' ? entry : null;
  } catch {
    return null; // not JSON: shown as it is
  }
}
