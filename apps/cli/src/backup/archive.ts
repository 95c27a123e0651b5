import { execFile } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ProblemToSay } from '../place.js';
import { MANIFEST } from './manifest.js';

const run = promisify(execFile);

/** Where a backup goes: `folder` while it is made, `target` when it is whole. */
export interface Destination {
  target: string;
  folder: string;
  isArchive: boolean;
}

const isArchive = (path: string): boolean => path.endsWith('.tar');

/**
 * @param path  a name that is not there yet: the backup's own, a folder or (`.tar`) a file. A folder that is there: a new name in it
 * @param name  for that case
 */
export function destinationOf(path: string, name: string): Destination {
  const asked = resolve(path);
  const exists = existsSync(asked);
  if (exists && (!statSync(asked).isDirectory() || existsSync(join(asked, MANIFEST)))) {
    throw new ProblemToSay(`${asked} is there already, and a backup is never written over. Give another name.`);
  }
  const target = exists ? join(asked, name) : asked;
  if (existsSync(target)) throw new ProblemToSay(`${target} is there already, and a backup is never written over.`);
  if (!existsSync(dirname(target)))
    throw new ProblemToSay(`There is no folder ${dirname(target)} to put the backup in.`);
  return { target, folder: `${target}.partial-${process.pid}`, isArchive: isArchive(target) };
}

/** Gives the finished folder its name, or packs it first. Only now is there a backup. */
export async function publish({ target, folder, isArchive: packed }: Destination): Promise<void> {
  let made = folder;
  if (packed) {
    made = `${folder}.tar`;
    closeSync(openSync(made, 'wx', 0o600)); // tar keeps the mode of a file that is there
    await tar(['--create', '--file', made, '--directory', folder, '--owner=0', '--group=0', '.']);
    await sync(made);
    rmSync(folder, { recursive: true });
  }
  await rename(made, target);
  await sync(dirname(target));
}

export function discard({ folder }: Destination): void {
  rmSync(folder, { recursive: true, force: true });
  rmSync(`${folder}.tar`, { force: true });
}

/** The folder of a backup; an archive is unpacked into a temporary one (TMPDIR) until `close`. */
export async function openBackupFolder(path: string): Promise<{ folder: string; close(): void }> {
  const asked = resolve(path);
  if (!existsSync(asked)) throw new ProblemToSay(`There is no backup at ${asked}.`);
  if (statSync(asked).isDirectory()) return { folder: asked, close: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-backup-'));
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    await tar(['--extract', '--file', asked, '--directory', folder, '--no-same-owner']);
    return { folder, close };
  } catch (error) {
    close();
    throw new ProblemToSay(
      `${basename(asked)} is no whole archive: ${(error as Error).message.trim().split('\n').at(-1)}`,
    );
  }
}

async function tar(args: string[]): Promise<void> {
  try {
    await run('tar', args);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ProblemToSay('There is no program `tar` on this machine: use a folder instead of a .tar file.');
  }
}

/** After a power cut what was finished is there. */
async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
