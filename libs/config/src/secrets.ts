import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A key that all processes of a deployment share and nobody has to invent: made at first use, kept in the data
 * folder, readable by its owner only. Several processes may ask at once; all get the same one.
 * @returns 32 random bytes, base64url
 */
export function sharedSecret(dataDir: string, name: string): string {
  const folder = join(dataDir, 'secrets');
  const path = join(folder, name);
  const existing = readIfThere(path);
  if (existing) return existing;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const candidate = join(folder, `.${name}.${process.pid}.${randomBytes(4).toString('hex')}`);
  writeFileSync(candidate, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(candidate, path); // fails if another process was first; then theirs is the one
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(candidate);
  }
  return readFileSync(path, 'utf8');
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
