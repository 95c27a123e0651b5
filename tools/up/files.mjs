import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Text of a file, or null when there is none. */
export function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  }
}

/** Value of a JSON file, or null when there is none. */
export function readJsonIfThere(path) {
  const text = readIfThere(path);
  return text === null ? null : JSON.parse(text);
}

/**
 * Readers see the old text or the new one, never half of it; after a power cut likewise.
 * @param {number} mode  permissions of the new file, 0600 unless told
 */
export function writeAtomically(path, text, mode = 0o600) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const candidate = `${path}.${process.pid}.new`;
  writeFileSync(candidate, text, { mode });
  const file = openSync(candidate, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(candidate, path);
}

export const writeJsonAtomically = (path, value, mode) =>
  writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`, mode);
